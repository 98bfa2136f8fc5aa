import type { Page } from '@playwright/test';

/** A call of `console.warn` or `console.error` in a frame of the page. */
export interface ConsoleCall {
  text: string;
  /** The script that called the browser's own method. */
  by: string;
}

/**
 * Observes through the browser's debugger every line logged in a frame of the page, from the frame's creation on.
 * Nothing is injected into the page.
 */
export async function instrument(page: Page): Promise<ConsoleCall[]> {
  const session = await page.context().newCDPSession(page);
  const { frameTree } = await session.send('Page.getFrameTree');
  const inFrame = new Set<number>();
  const calls: ConsoleCall[] = [];
  session.on('Runtime.executionContextCreated', ({ context }) => {
    if (context.auxData?.['isDefault'] && context.auxData['frameId'] !== frameTree.frame.id) inFrame.add(context.id);
  });
  session.on('Runtime.consoleAPICalled', ({ type, args, executionContextId, stackTrace }) => {
    if (!['warning', 'error'].includes(type) || !inFrame.has(executionContextId)) return;
    const text = args.map(({ value, description }) => String(value ?? description ?? '')).join(' ');
    calls.push({ text, by: stackTrace?.callFrames[0]?.url ?? '' });
  });
  await session.send('Runtime.enable');
  return calls;
}

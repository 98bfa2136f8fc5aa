import type { Page } from '@playwright/test';

/** How many objects of each kind are alive. */
export interface Alive {
  documents: number;
  jsEventListeners: number;
  /** Global objects of pages: the page's own, and one for each page in a frame. */
  windows: number;
  frames: number;
  /** Functions named like the console's methods, both the browser's and the library's. */
  consoleMethods: number;
}

/** Counts on the heap, after a garbage collection. */
export async function countAlive(page: Page): Promise<Alive> {
  const session = await page.context().newCDPSession(page);
  try {
    await session.send('HeapProfiler.enable');
    await session.send('HeapProfiler.collectGarbage');
    const { documents, jsEventListeners } = await session.send('Memory.getDOMCounters');
    let text = '';
    session.on('HeapProfiler.addHeapSnapshotChunk', ({ chunk }) => {
      text += chunk;
    });
    await session.send('HeapProfiler.takeHeapSnapshot', { reportProgress: false });
    return { documents, jsEventListeners, ...countNodes(JSON.parse(text)) };
  } finally {
    await session.detach();
  }
}

interface Snapshot {
  snapshot: { meta: { node_fields: string[]; node_types: [string[], ...unknown[]] } };
  nodes: number[];
  strings: string[];
}

function countNodes({ snapshot: { meta }, nodes, strings }: Snapshot) {
  const [types] = meta.node_types;
  const counts = { windows: 0, frames: 0, consoleMethods: 0 };
  for (let at = 0; at < nodes.length; at += meta.node_fields.length) {
    const type = types[nodes[at + meta.node_fields.indexOf('type')] ?? 0];
    const name = strings[nodes[at + meta.node_fields.indexOf('name')] ?? 0] ?? '';
    if (type === 'closure' && (name === 'warn' || name === 'error')) counts.consoleMethods += 1;
    if (/^(Detached )?<iframe|^(Detached )?HTMLIFrameElement$/.test(name) && type === 'native') counts.frames += 1;
    if (type === 'object' && /^Window( |$)/.test(name)) counts.windows += 1;
  }
  return counts;
}

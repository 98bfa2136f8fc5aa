// The consoles of frames, in which calls run.
import { differs } from './differences';
import { expect, started, type Tab, test } from './driver/test';

const participants = (tab: Tab) =>
  tab.evaluate(() =>
    window.lib
      .getCryptoDiagEntries()
      .flatMap(({ detail }) => ('participant' in detail ? [String(detail.participant)] : []))
      .sort(),
  );

test('a call’s frame is captured from its first line, also if its logger binds the console', async ({
  engineBrowser,
}) => {
  const tab = await engineBrowser.open('/frames.html');
  await started(tab);
  await tab.evaluate(() => void window.openFrame('/in-frame.html?name=a', 'allow-scripts allow-same-origin'));
  await expect.poll(() => participants(tab)).toEqual(['@bound-of-a:hs:DEV', '@first-line-of-a:hs:DEV']);
});

for (const [how, open] of [
  [
    'whose address is set after it was appended',
    () => {
      const frame = document.createElement('iframe');
      document.body.append(frame);
      frame.src = '/in-frame.html?name=a';
    },
  ],
  [
    'that goes on to another page',
    () => {
      const frame = window.openFrame('/bare.html');
      frame.addEventListener('load', () => frame.contentWindow?.location.replace('/in-frame.html?name=a'), {
        once: true,
      });
    },
  ],
  [
    'with `srcdoc`',
    () => {
      const frame = document.createElement('iframe');
      frame.srcdoc = `<script>
        console.error('MissingKey: missing key at index 1 for participant @first-line-of-a:hs:DEV');
        setTimeout(console.warn.bind(console, 'MissingKey: missing key at index 2 for participant @bound-of-a:hs:DEV'));
      </script>`;
      document.body.append(frame);
    },
  ],
] as const) {
  test(`a frame ${how} is captured, or is a blind spot of the report`, async ({ engineBrowser, engine }) => {
    const tab = await engineBrowser.open('/frames.html');
    await started(tab);
    await tab.evaluate(open as () => void);
    if (!differs(engine, 'firstScriptOfAFrameIsMissed')) {
      await expect.poll(() => participants(tab)).toEqual(['@bound-of-a:hs:DEV', '@first-line-of-a:hs:DEV']);
      return;
    }
    const blindSpots = () =>
      tab.evaluate(() => JSON.parse(window.lib.buildCryptoDiagReport(undefined)).blindSpots.join() as string);
    await expect.poll(blindSpots).toContain('Pages in frames that had run scripts before they were found: 1.');
    // Later lines are captured.
    await tab.evaluate(() => {
      const { console: inner } = document.querySelector('iframe')?.contentWindow as unknown as { console: Console };
      inner.error('MissingKey: missing key at index 3 for participant @later:hs:DEV');
    });
    expect(await participants(tab)).toEqual(['@later:hs:DEV']);
  });
}

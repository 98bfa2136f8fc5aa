// The viewer as released: one file, opened from the disk.
import { fileURLToPath } from 'node:url';

import { expect, test } from './driver/test';

const viewer = new URL('../e2e/dist/viewer/lotus-crypto-diag-viewer.html', import.meta.url);
const log = fileURLToPath(new URL('../fixtures/viewer/homeserver.log', import.meta.url));

test('the viewer reads a file when opened from the disk', async ({ engineBrowser }) => {
  const tab = await engineBrowser.open(viewer.href);
  await expect.poll(() => tab.text()).toContain('Choose files');
  await tab.choose(log);
  await expect.poll(() => tab.text()).toContain('Key uploads refused (blank crypto store)');
});

// The real LiveKit in a frame, with encryption in its worker: what it logs about missing or wrong media keys.
import { expect, type Page, test } from '@playwright/test';

import { open, readReport } from './report';

const BOB = '@bob:lab.local:BOBDEV';

/** Opens the call in a frame, as Element Call does. */
async function join(page: Page, version: string): Promise<void> {
  await open(page, '/frames.html');
  await page.evaluate(
    (src) => void window.openFrame(src, 'allow-scripts allow-same-origin'),
    `/livekit-${version}.html`,
  );
  await expect
    .poll(() => page.evaluate(() => document.querySelector('iframe')?.contentWindow?.window.call !== undefined))
    .toBe(true);
  await page.evaluate(async () => void (await document.querySelector('iframe')?.contentWindow?.window.call));
}

const setKey = (page: Page, holder: 'alice' | 'bob', index: number, secret: string) =>
  page.evaluate(
    async ([who, at, key]) => {
      const call = await document.querySelector('iframe')?.contentWindow?.window.call;
      await call?.setKey(who, at, key);
    },
    [holder, index, secret] as const,
  );

const pictures = (page: Page) =>
  page.evaluate(async () => {
    const call = await document.querySelector('iframe')?.contentWindow?.window.call;
    return (await call?.pictures()) ?? 0;
  });

/** Waits until Alice sees Bob's picture move. */
async function seesBob(page: Page) {
  const before = await pictures(page);
  await expect.poll(() => pictures(page), { timeout: 20_000 }).toBeGreaterThan(before + 3);
}

/** Kind, participant, index and source of each KE-2 entry, in the order of arrival. */
const mediaKeyEntries = (page: Page) =>
  page.evaluate(() =>
    window.lib
      .getCryptoDiagEntries()
      .filter(({ ke, detail }) => ke === 'KE-2' && 'participant' in detail)
      .map(({ detail, source }) => ({ ...detail, source }))
      .sort((a, b) => a.kind.localeCompare(b.kind)),
  );

for (const version of ['2-18', '2-23']) {
  const source = `frame:/livekit-${version}.html`;
  const first = { participant: BOB, index: 0, source };

  test(`livekit-client ${version}: with the right keys, video is decrypted and no other fault than missing-key-set is recorded`, async ({
    page,
  }) => {
    await join(page, version);
    await setKey(page, 'alice', 0, 'secret');
    // Before Bob has his key, LiveKit may log that it is missing.
    await setKey(page, 'bob', 0, 'secret');
    await seesBob(page);
    const kinds = (await mediaKeyEntries(page)).map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind !== 'missing-key-set')).toEqual([]);
  });

  test(`livekit-client ${version}: without any key, missing-key-set is recorded for the sender`, async ({ page }) => {
    await join(page, version);
    await expect
      .poll(() => mediaKeyEntries(page), { timeout: 20_000 })
      .toEqual([{ kind: 'missing-key-set', ...first }]);
  });

  test(`livekit-client ${version}: missing-key is recorded with the index of the key`, async ({ page }) => {
    await join(page, version);
    await setKey(page, 'alice', 0, 'secret');
    await setKey(page, 'bob', 0, 'secret');
    await seesBob(page);
    await setKey(page, 'bob', 1, 'another secret');
    const missing = { kind: 'missing-key', participant: BOB, index: 1, source };
    await expect.poll(() => mediaKeyEntries(page), { timeout: 20_000 }).toContainEqual(missing);
    await setKey(page, 'alice', 1, 'another secret');
    await seesBob(page);

    const report = readReport(await page.evaluate(() => window.lib.buildCryptoDiagReport(undefined)));
    const entry = report.entries.find(({ detail }) => detail.kind === 'missing-key' && detail.index === 1);
    expect(Date.parse(entry?.lastTs ?? '')).toBeGreaterThanOrEqual(Date.parse(entry?.firstTs ?? ''));
    expect(JSON.stringify(report)).not.toContain('secret');
  });

  test(`livekit-client ${version}: a wrong key is recorded as invalid-key`, async ({ page }) => {
    await join(page, version);
    await setKey(page, 'alice', 3, 'wrong');
    await setKey(page, 'bob', 3, 'secret');
    await expect
      .poll(() => mediaKeyEntries(page), { timeout: 20_000 })
      .toContainEqual({ kind: 'invalid-key', participant: BOB, source });
    // The worker knows the index. 2.18 keeps it there; 2.23 passes it to the frame.
    const markedInvalid = { kind: 'key-marked-invalid', participant: BOB, index: 3, source };
    if (version === '2-23')
      await expect.poll(() => mediaKeyEntries(page), { timeout: 20_000 }).toContainEqual(markedInvalid);
    expect(await pictures(page)).toBe(0);
  });
}

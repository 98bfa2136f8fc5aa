import { setTimeout as sleep } from 'node:timers/promises';

import { CLIENT, evict, reportOf, uploadAccepted, uploadLoop, withOneTimeKeys } from '../client';
import { expect, test } from '../lab';
import { connect } from '../matrix-api';
import { expectDiagnosis } from './diagnosis';

for (const load of ['idle', 'under a load of messages'] as const) {
  test(`after an eviction (${load}), there is a loop in which only the probes reach the server`, async ({
    lab,
    logIn,
  }) => {
    const { page, ...ids } = await logIn(await lab.register('evicted'));
    await uploadAccepted(page, lab);
    await expect.poll(async () => (await reportOf(page)).cryptoStore?.identity).not.toBe('not-compared');
    const roomId = await page.evaluate(() => window.lab.writeMessage());
    const writer = await connect(lab.baseUrl, await lab.register('writer'));
    await page.evaluate(([id, invited]) => window.lab.client?.invite(id, invited), [roomId, writer.userId] as const);
    await writer.join(roomId);
    await evict(page);

    const before = (await lab.uploads()).length;
    await page.goto(CLIENT);
    const isOver = new AbortController();
    const messages = load === 'idle' ? 0 : keepWriting();
    async function keepWriting() {
      let sent = 0;
      for (; !isOver.signal.aborted; sent++) {
        await writer.sendEvent(roomId, 'm.room.message', { msgtype: 'm.text', body: `${sent}` });
        await sleep(100);
      }
      return sent;
    }

    await expect.poll(() => uploadLoop(page), { timeout: 30_000 }).toMatchObject({ state: 'looping', breaker: 'open' });
    // The first probe is due half a minute after the breaker opened.
    await expect.poll(async () => (await uploadLoop(page)).probes, { timeout: 50_000 }).toBe(1);
    await expect.poll(async () => (await uploadLoop(page)).spared, { timeout: 20_000 }).toBeGreaterThan(2);
    isOver.abort();
    if (load !== 'idle') expect(await messages).toBeGreaterThan(20);

    const report = await reportOf(page);
    const { probes, refusals, keyIds, refusal, diverges } = report.uploadLoop;
    const arrived = withOneTimeKeys((await lab.uploads()).slice(before));
    expect(arrived.map(({ status }) => status)).toEqual(Array.from({ length: 3 + probes }, () => 400));
    expect(refusals).toBe(arrived.length);
    expect(report.counts['KE-1']).toBe(arrived.length);
    expect(diverges).toBe(true);
    expect(report.cryptoStore).toMatchObject({ verdict: 'identity-changed', databaseExisted: false, ...ids });
    expect(keyIds).toContain(refusal?.keyId);
    expect(await lab.oldKey(ids, refusal?.keyId)).toBe(refusal?.oldKey);
    expectDiagnosis(report, {
      'otk-divergence': { verdict: 'confirmed', conclusion: 'divergence' },
      'ke1-trigger': { verdict: 'confirmed', conclusion: 'evicted-store' },
      'ke2-after-ke1': { verdict: 'not-applicable' },
    });
    test.info().annotations.push({
      type: 'measured',
      description: `${arrived.length} uploads reached the server, ${report.uploadLoop.spared} were spared it, of ${await messages} messages`,
    });
  });
}

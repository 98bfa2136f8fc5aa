// In engines whose storage is a process of its own: the process ends under a running client, and the data stays.
import { text } from 'node:stream/consumers';

import type { PageStatus } from '../e2e/pages/client-page';
import { homeserver, lab } from '../homeserver/homeserver';
import { connect } from '../homeserver/matrix-api';
import { differs } from './differences';
import { processesOf } from './driver/engines';
import { listen, openUndriven } from './driver/server';
import { expect, needs, test } from './driver/test';

test('when the storage process ends, the verdict is connection-lost, and healthy after a reload', async ({ engine }, {
  workerIndex,
}) => {
  test.skip(differs(engine, 'storageEndsWithTheBrowser'), 'there is no such process');
  const binary = needs(engine);
  test.setTimeout(180_000);

  const testLab = lab(`network-w${workerIndex}-${Date.now().toString(36)}`);
  const { userId, password } = await homeserver.register('network');
  const statuses: PageStatus[] = [];
  let answer = '';
  const listener = await listen(async (request, response) => {
    statuses.push(JSON.parse(await text(request)));
    response.setHeader('access-control-allow-origin', '*').end(answer);
    answer = '';
  });
  const latest = () => statuses.at(-1);
  const waitForStatuses = async (times: number) => {
    const before = statuses.length;
    await expect.poll(() => statuses.length - before, { timeout: 30_000 }).toBeGreaterThanOrEqual(times);
  };
  const query = new URLSearchParams({ reportTo: listener.url, homeserver: testLab.baseUrl, user: userId, password });
  const { home, close } = await openUndriven(binary, [`http://127.0.0.1:4199/undriven.html?${query}`]);
  try {
    const uploads = async () => (await testLab.uploads()).filter(({ oneTimeKeys }) => oneTimeKeys.length > 0);
    await expect.poll(async () => (await uploads()).at(-1)?.status, { timeout: 60_000 }).toBe(200);
    await expect.poll(() => latest()?.cryptoStore?.identity, { timeout: 30_000 }).toBe('first-seen');
    const deviceId = latest()?.cryptoStore?.deviceId ?? '';
    const sender = await connect(testLab.baseUrl, await homeserver.register('sender'));
    // Wait until the SDK has finished writing: interrupted in a write, it would wait for ever without logging anything.
    const syncs = async () => (await testLab.requests({ method: 'GET', path: /\/sync$/ })).length;
    const uploadedAt = await syncs();
    await expect.poll(syncs, { timeout: 30_000 }).toBeGreaterThan(uploadedAt + 2);

    for (const pid of processesOf(home, 'WebKitNetworkProcess')) process.kill(pid, 'SIGKILL');
    // A new network process carries the page's reports from now on.
    await waitForStatuses(2);
    await sender.sendToDevice({ userId, deviceId }, 'm.dummy', {});
    await expect.poll(() => latest()?.cryptoStore?.loss?.message, { timeout: 30_000 }).toMatch(/connection is closing/);
    // Time for the library to ask the browser whether the database exists.
    await waitForStatuses(3);
    const lost = latest();

    answer = 'reload';
    await expect.poll(() => latest()?.loadedAt, { timeout: 30_000 }).not.toBe(lost?.loadedAt);
    const healed = { verdict: 'healthy', identity: 'same', databaseExisted: true, loss: null, userId, deviceId };
    await expect.poll(() => latest()?.cryptoStore, { timeout: 30_000 }).toMatchObject(healed);
    expect(latest()).toMatchObject({ recovery: null, oldKeys: 0 });
    await expect.poll(() => latest()?.conclusions['ke1-trigger']).not.toBe('evicted-store');

    expect(lost).toMatchObject({ recovery: null, oldKeys: 0, cryptoStore: { verdict: 'connection-lost' } });
    // The library must not trust an empty list, because the database cannot be opened either.
    expect(lost?.cryptoStore?.databaseListed).toBe(differs(engine, 'aLostConnectionListsNothing') ? null : true);
    expect(lost?.conclusions).toMatchObject({ 'crypto-store': 'connection-lost' });
    expect(lost?.conclusions['ke1-trigger']).not.toBe('evicted-store');
  } finally {
    close();
    listener.close();
  }
});

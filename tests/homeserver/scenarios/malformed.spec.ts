import { reportOf } from '../client';
import { expect, test } from '../lab';
import { connect } from '../matrix-api';
import { MALFORMED } from './actions';
import { expectDiagnosis } from './diagnosis';

test('of four messages that cannot be decrypted, three are malformed and one lacks its key', async ({ lab, logIn }) => {
  const [alice, bob] = [await lab.register('alice'), await lab.register('bob')];
  const writer = await logIn(alice);
  const roomId = await writer.page.evaluate((id) => window.lab.createRoom([id]), bob.userId);
  await (await connect(lab.baseUrl, bob)).join(roomId);
  const ordinary = await writer.page.evaluate((id) => window.lab.send(id, 'before the login'), roomId);
  const api = await connect(lab.baseUrl, alice);
  const expected = [];
  for (const [content, cause, reason] of MALFORMED) {
    const eventId = await api.sendEvent(roomId, 'm.room.encrypted', content);
    expected.push({
      kind: 'malformed',
      eventId,
      roomId,
      cause,
      sender: alice.userId,
      reason: expect.stringMatching(reason),
    });
  }

  const { page } = await logIn(bob);
  await expect.poll(() => page.evaluate(async (id) => (await window.lab.read(id)).length, roomId)).toBe(4);
  const ofKe3 = async () =>
    (await reportOf(page)).entries.filter(({ ke }) => ke === 'KE-3').map(({ detail }) => detail);
  await expect.poll(async () => (await ofKe3()).length).toBe(4);
  const details = await ofKe3();
  // The client may decrypt them in any order.
  const malformed = details.filter(({ kind }) => kind === 'malformed');
  expect(malformed).toHaveLength(expected.length);
  expect(malformed).toEqual(expect.arrayContaining(expected));
  expect(details.filter(({ kind }) => kind !== 'malformed')).toMatchObject([
    { kind: 'undecryptable', eventId: ordinary, roomId, sender: alice.userId },
  ]);
  expectDiagnosis(await reportOf(page), {
    'ke3-malformed': { verdict: 'likely', conclusion: 'malformed-at-source' },
    'ke2-after-ke1': { verdict: 'not-applicable' },
  });
});

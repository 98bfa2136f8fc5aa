// A stranger on the homeserver puts the text of every fault into events for a device: the SDK logs them, and neither
// counts nor diagnosis must be misled.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Page } from '@playwright/test';
import type { CryptoDiagReport } from 'lotus-crypto-diag';
import { diagnoseReport } from 'lotus-crypto-diag/diagnosis';

import {
  comparedStore,
  cryptoStore,
  type DeviceId,
  login,
  nextSync,
  reportOf,
  uploadAccepted,
  uploadLoop,
} from './client';
import { expect, test } from './lab';
import { connect, type Session } from './matrix-api';

const REFUSAL = `One time key signed_curve25519:AAAAAAAAAA0 already exists. Old key: {"key":"YQ"}; new key: {'key': 'Yg'}`;
const REFUSED_REQUEST = `M_UNKNOWN: MatrixError: [400] ${REFUSAL} (https://hs/_matrix/client/v3/keys/upload)`;

/** The texts in the table of signatures, read from it, so that new rows are tested, too. */
const WORDS = [
  'already exists',
  'DecryptionError',
  'DomException { code: 11, name: "InvalidStateError',
  ...readFileSync(join(import.meta.dirname, '../../crate/core/src/signature.rs'), 'utf8').matchAll(
    /^ {4}Ke\d: "([^"]+)"|^pub static STORE_LOST[^=]* =\s+\["([^"]+)"/gm,
  ),
].flatMap((row) => (typeof row === 'string' ? row : (row[1] ?? row[2] ?? [])));

const KEY = 'Nn0L2hkcCMFKqynTjyGsJbth7QrVmX3lbrksMkrGOAw';
const OLM = { algorithm: 'm.olm.v1.curve25519-aes-sha2', sender_key: KEY };
const REQUEST = { requesting_device_id: 'D', request_id: 'r' };

/** Where a stranger can write what the SDK prints, of events that carry no media key. */
const PLANTED: ((words: string) => [type: string, content: unknown])[] = [
  (words) => ['m.room_key_request', { ...REQUEST, action: words }],
  (words) => ['m.secret.request', { ...REQUEST, action: words }],
  (words) => ['m.secret.request', { ...REQUEST, action: 'request', name: words }],
  (words) => ['m.key.verification.request', { from_device: 'D', methods: [], timestamp: words, transaction_id: 't' }],
  (words) => ['m.room.encrypted', { algorithm: words, ciphertext: {} }],
  (words) => [`"${words}"`, {}],
];

/** Encrypted events that are broken, which is a fault of its own, whatever words stand in them. */
const BROKEN: typeof PLANTED = [
  (words) => ['m.room.encrypted', { ...OLM, sender_key: words, ciphertext: {} }],
  (words) => ['m.room.encrypted', { ...OLM, ciphertext: words }],
  (words) => ['m.room.encrypted', { ...OLM, ciphertext: { [KEY]: { type: words, body: 'x' } } }],
];

const timelineOf = (words: string): [type: string, content: unknown][] => [
  ['m.room.encrypted', { algorithm: words, ciphertext: 'x', sender_key: words, session_id: words, device_id: words }],
  [words, { body: words }],
  ['m.room.message', { msgtype: words, body: words }],
];

async function send(stranger: Session, victim: DeviceId, words: string, plants: typeof PLANTED): Promise<void> {
  for (const [type, content] of plants.map((plant) => plant(words))) {
    await stranger.sendToDevice(victim, encodeURIComponent(type), content);
  }
}

/** What rust-crypto and the SDK print at the levels that are captured. */
function collectConsoleLines(page: Page): string[] {
  const lines: string[] = [];
  page.on('console', (line) => {
    if (['warning', 'error'].includes(line.type())) lines.push(line.text());
  });
  return lines;
}

/**
 * The report without one thing that is no forgery: after so many messages this SDK has more keys on the server than there is
 * room for, and each further upload fails, as the proxy can tell.
 */
async function forgedReport(page: Page): Promise<CryptoDiagReport> {
  const report = await reportOf(page);
  const isReal = ({ source, detail }: CryptoDiagReport['entries'][number]) =>
    source === 'network' && detail.kind === 'upload-failed' && detail.errcode === 'M_TOO_LARGE';
  return { ...report, entries: report.entries.filter((entry) => !isReal(entry)) };
}

test('forged events of a stranger cause no loop, prompt, count or verdict; a later real refusal does', async ({
  page,
  lab,
}) => {
  test.setTimeout(240_000);
  expect(WORDS.length).toBeGreaterThan(15);
  const lines = collectConsoleLines(page);
  const victim = await login(page, lab.baseUrl, await lab.register('victim'));
  await uploadAccepted(page, lab);
  const store = await comparedStore(page);
  const { counts: before } = await forgedReport(page);
  const stranger = await connect(lab.baseUrl, await lab.register('stranger'));
  const jsonEscaped = (words: string) => JSON.stringify(words).slice(1, -1);
  const isPrinted = (words: string) => lines.some((line) => line.includes(words) || line.includes(jsonEscaped(words)));

  lines.length = 0;
  for (let i = 0; i < 5; i++) {
    await send(stranger, victim, REFUSAL, PLANTED);
    await send(stranger, victim, REFUSED_REQUEST, PLANTED);
    // More than a line holds: what lies behind is looked at as well.
    await send(stranger, victim, `${'x'.repeat(20_000)} ${REFUSED_REQUEST}`, PLANTED.slice(0, 1));
  }
  for (const words of WORDS) await send(stranger, victim, words, PLANTED);
  for (const words of [...WORDS, REFUSAL, REFUSED_REQUEST]) {
    await expect.poll(() => isPrinted(words), { message: `the SDK prints ${words}`, timeout: 60_000 }).toBe(true);
  }
  expect(lines.filter((line) => line.length > 16_384).length).toBe(5);
  const expectUnchanged = async () => {
    expect(await uploadLoop(page)).toMatchObject({ state: 'idle', refusals: 0 });
    expect(await page.evaluate(() => window.lib.getSnapshot().recovery)).toBeNull();
    expect((await cryptoStore(page))?.verdict).toBe(store.verdict);
  };
  await expectUnchanged();
  expect((await forgedReport(page)).counts).toEqual(before);

  // Of broken events, only their arrival and sender are recorded; their text changes nothing.
  lines.length = 0;
  for (const words of WORDS) await send(stranger, victim, words, BROKEN);
  const invalidEventLines = () => lines.filter((line) => line.includes('Received an invalid to-device event')).length;
  await expect.poll(invalidEventLines, { timeout: 60_000 }).toBe(BROKEN.length * WORDS.length);
  await expectUnchanged();
  const report = await forgedReport(page);
  expect(report.counts).toEqual({ ...before, 'KE-2': before['KE-2'] + BROKEN.length * WORDS.length });
  for (const { signature, detail } of report.entries) {
    expect(signature).toBe('Received an invalid to-device event');
    expect(detail).toMatchObject({ kind: 'to-device-unopened', sender: stranger.userId });
  }

  const roomId = await stranger.createRoom(victim.userId);
  await page.evaluate((id) => window.lab.client?.joinRoom(id).then(() => {}), roomId);
  for (const words of WORDS) {
    for (const [type, content] of timelineOf(words))
      await stranger.sendEvent(roomId, encodeURIComponent(type), content);
    // Sending more at once than a sync returns would leave a gap.
    await nextSync(page);
  }
  const undecrypted = async () => (await forgedReport(page)).counts['KE-3'];
  await expect.poll(undecrypted, { timeout: 60_000 }).toBeGreaterThan(0);
  await expectUnchanged();
  const last = await forgedReport(page);
  expect(last.counts).toEqual({ ...report.counts, 'KE-3': last.counts['KE-3'] });
  const { findings } = diagnoseReport(last).diagnosis;
  for (const { id, verdict, conclusion } of findings.filter(({ fault }) => fault !== 'KE-3')) {
    if (conclusion === 'too-many-keys') continue;
    expect(['ruled-out', 'unknown', 'possible', 'not-applicable'], id).toContain(verdict);
  }

  const fault = { kind: 'status', status: 400, body: { errcode: 'M_UNKNOWN', error: REFUSAL } } as const;
  await lab.setRules([{ method: 'POST', path: '/keys/upload$', fault }]);
  // This SDK uploads keys after each to-device message.
  for (let i = 0; i < 3; i++) {
    const refused = (await uploadLoop(page)).refusals;
    await stranger.sendToDevice(victim, 'm.dummy', {});
    await expect.poll(async () => (await uploadLoop(page)).refusals, { timeout: 40_000 }).toBeGreaterThan(refused);
  }
  await expect.poll(() => uploadLoop(page), { timeout: 40_000 }).toMatchObject({ state: 'looping' });
  expect(await page.evaluate(() => window.lib.getSnapshot().recovery)).toMatchObject({ reason: 'upload-loop' });
});

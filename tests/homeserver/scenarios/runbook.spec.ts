import { execFile } from 'node:child_process';
import { dirname } from 'node:path';
import { promisify } from 'node:util';

import { diagnoseReport, type RunbookQuery, type ServerEvidence } from 'lotus-crypto-diag/diagnosis';

import { comparedStore, reportOf, uploadAccepted } from '../client';
import type { Row } from '../homeserver';
import { expect, test } from '../lab';
import { connect } from '../matrix-api';
import { MALFORMED, restoreOlderStore } from './actions';
import { expectDiagnosis } from './diagnosis';

/** Converts SQL column names to the names used in evidence. */
const camelCase = (row: Row) =>
  Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name.replace(/_(\w)/g, (_, c) => c.toUpperCase()), value]),
  );

test('every query of the runbook runs on the real database and log, and its result confirms the fault', async ({
  lab,
  logIn,
}) => {
  const victim = await logIn(await lab.register('restored'));
  await uploadAccepted(victim.page, lab);
  await comparedStore(victim.page);
  const sender = await lab.register('sender');
  const api = await connect(lab.baseUrl, sender);
  const roomId = await api.createRoom(victim.userId);
  await victim.page.evaluate((id) => window.lab.client?.joinRoom(id), roomId);
  const sent = new Map<string, (typeof MALFORMED)[number]>();
  await restoreOlderStore(lab, victim, api);
  for (const malformed of MALFORMED) sent.set(await api.sendEvent(roomId, 'm.room.encrypted', malformed[0]), malformed);
  const report = () => reportOf(victim.page);
  await expect.poll(async () => (await report()).uploadLoop.state, { timeout: 40_000 }).toBe('looping');
  await expect.poll(async () => (await report()).counts['KE-3'], { timeout: 20_000 }).toBeGreaterThanOrEqual(3);

  const last = await report();
  const { runbook } = diagnoseReport(last);
  const { database, logFile } = await lab.server();
  const found = new Map<string, Row[]>();
  const lines = new Map<string, string[]>();
  for (const query of runbook.queries) {
    if (query.language === 'shell') lines.set(query.id, await searchLog(query, logFile));
    else if (query.database === database) found.set(query.id, await lab.query(query.text));
  }
  expect([...found.keys()].sort()).toEqual(
    ['devices', 'one-time-keys', 'one-time-key-counts', 'fallback-keys', 'device-inbox', 'events'].sort(),
  );

  // KE-1: the row with the refused id comes first, with the server's key, not the device's.
  const { keyId = '', oldKey, newKey } = last.uploadLoop.refusal ?? {};
  const [row] = found.get('one-time-keys') ?? [];
  expect(`${row?.['algorithm']}:${row?.['key_id']}`).toBe(keyId);
  expect(row?.['key']).toBe(oldKey);
  expect(row?.['key']).not.toBe(newKey);
  expect(Date.parse(String(row?.['added_at']))).toBeGreaterThan(Date.now() - 600_000);
  expect(found.get('devices')).toMatchObject([{ user_id: victim.userId, device_id: victim.deviceId }]);
  expect(Number(found.get('one-time-key-counts')?.[0]?.['count'])).toBeGreaterThan(0);
  expect(found.get('fallback-keys')).toHaveLength(1);
  const uploads = lines.get('log-key-uploads') ?? [];
  const refused = uploads.filter((line) => line.includes('/keys/upload') && / 400 /.test(line));
  expect(refused.length).toBeGreaterThanOrEqual(last.counts['KE-1']);
  expect(uploads.filter((line) => !line.includes(victim.userId))).toEqual([]);

  // KE-3: the events as they were sent.
  const events = found.get('events') ?? [];
  expect(events).toHaveLength(sent.size);
  for (const event of events) {
    const [content] = sent.get(String(event['event_id'])) ?? [];
    expect(event).toMatchObject({ type: 'm.room.encrypted', sender: sender.userId, room_id: roomId });
    expect(event['algorithm']).toBe(content && 'algorithm' in content ? content.algorithm : null);
    expect(event['ciphertext']).toBe(content?.ciphertext);
  }

  // The administrator's evidence decides what the report alone leaves open.
  const evidence: ServerEvidence = JSON.parse(
    JSON.stringify({
      oneTimeKeys: found.get('one-time-keys')?.map(camelCase),
      devices: found.get('devices')?.map(camelCase),
      events: events.map(({ algorithm, ciphertext, session_id, ...event }) => ({
        ...camelCase(event),
        content: camelCase({ algorithm, ciphertext, session_id } as Row),
      })),
    }),
  );
  expectDiagnosis(last, {
    'otk-divergence': { verdict: 'confirmed', conclusion: 'divergence' },
    'ke1-trigger': { verdict: 'possible', conclusion: 'restored-store' },
    'ke3-malformed': { verdict: 'likely', conclusion: 'malformed-at-source' },
  });
  expectDiagnosis(
    last,
    {
      'otk-divergence': { verdict: 'confirmed', conclusion: 'divergence' },
      'ke1-trigger': { verdict: 'likely', conclusion: 'restored-store' },
      'ke3-malformed': { verdict: 'confirmed', conclusion: 'malformed-at-source' },
    },
    evidence,
  );

  // A redacted event has lost its content and would look as if it had been sent that way.
  const [redacted = ''] = sent.keys();
  await api.redact(roomId, redacted);
  const query = runbook.queries.find(({ id, database: of }) => id === 'events' && of === database);
  const left = await lab.query(query?.text ?? '');
  expect(left.map((event) => event['event_id']).sort()).toEqual([...sent.keys()].slice(1).sort());
});

/** Like the administrator, in the log's folder. No match is not a failure. */
async function searchLog({ text }: RunbookQuery, logFile: string): Promise<string[]> {
  const options = { cwd: dirname(logFile), maxBuffer: 64 * 1024 * 1024 };
  const answer = promisify(execFile)('sh', ['-c', text], options);
  const { stdout, stderr } = await answer.catch((error) => {
    if (error.code === 1) return error;
    throw error;
  });
  expect(stderr).toBe('');
  return stdout.split('\n').filter(Boolean);
}

import type { CryptoDiagEntry, CryptoDiagReport, FindingId } from 'lotus-crypto-diag';
import { diagnoseReport, redactedCopy } from 'lotus-crypto-diag/diagnosis';
import { expect, test } from 'vitest';

import { CaseFile } from '../../demo/src/viewer/case-file';
import { readFile } from '../../demo/src/viewer/read/read-file';
import { synapseLog } from '../e2e/synapse-log';

const never = new AbortController().signal;
const read = (text: string) => readFile(new Blob([text]), never);
const at = Date.parse('2026-11-25T09:30:00Z');
const iso = (ms: number) => new Date(ms).toISOString();
const [oldKey, newKey] = ['A'.repeat(43), 'B'.repeat(43)];

const entry = (ke: string, detail: object, lastsMs: number, count: number) =>
  ({
    ts: iso(at),
    firstTs: iso(at),
    lastTs: iso(at + lastsMs),
    level: 'warn',
    ke,
    signature: 'x',
    message: `a line of ${ke}`,
    truncated: false,
    source: 'window',
    count,
    detail,
  }) as CryptoDiagEntry;
const call = { roomId: '!r:example.org', request: 'restart-leave', failure: 'timed-out', attempt: 0, maxAttempts: 10 };
const event = { eventId: '$bad', roomId: '!r:example.org', sender: '@bob:example.org' };
const report = {
  schema: 'lotus-crypto-diag/1',
  generatedAt: iso(at + 600_000),
  capturingSince: iso(at - 3_600_000),
  counts: { 'KE-1': 20, 'KE-2': 0, 'KE-3': 1, 'KE-4': 5 },
  userId: '@you:example.org',
  deviceId: 'DEV',
  entries: [
    entry(
      'KE-4',
      { kind: 'delayed-event', ...call, httpStatus: null, delayId: null, rejoins: false, gaveUp: false },
      30_000,
      5,
    ),
    entry(
      'KE-1',
      { kind: 'refusal', keyId: 'signed_curve25519:AAAAAAAAAA0', oldKey, newKey, deviceId: null, httpStatus: 400 },
      300_000,
      20,
    ),
    entry('KE-3', { kind: 'malformed', cause: 'missing-field', reason: 'missing field `algorithm`', ...event }, 0, 1),
  ],
} as unknown as CryptoDiagReport;

const keys = `user_id,device_id,algorithm,key_id,added_at,key\n@you:example.org,DEV,signed_curve25519,AAAAAAAAAA0,${iso(at - 9e7)},${oldKey}\n`;
const events = `event_id,type,sender,room_id,origin_server_ts,algorithm,session_id,ciphertext\n$bad,m.room.encrypted,@bob:example.org,!r:example.org,${iso(at)},,abc,AwgA\n`;

test('a log, the table of keys and a stored event confirm verdicts and are cited as their evidence', async () => {
  const file = new CaseFile(diagnoseReport);
  const finding = (id: FindingId) => {
    const view = file.model().reports[0];
    const found = view?.analysis.diagnosis.findings.find((one) => one.id === id);
    const facts = (found?.evidence ?? []).map(({ fact }) => view?.facts[fact] ?? '');
    return {
      verdict: found?.verdict,
      conclusion: found?.conclusion,
      missing: found?.missing.length,
      facts: facts.join('\n'),
    };
  };
  file.add('report', await read(JSON.stringify(report)));
  expect(finding('ke4-slow-homeserver')).toMatchObject({ verdict: 'unknown', missing: 2 });
  expect(finding('ke3-malformed')).toMatchObject({ verdict: 'likely', missing: 1 });

  file.add('log', await read(synapseLog(at, '@you:example.org')));
  expect(finding('ke4-slow-homeserver')).toMatchObject({ verdict: 'confirmed', missing: 0 });
  expect(finding('ke4-slow-homeserver').facts).toContain('Processed request: 24.');
  // With an offset that is wrong by an hour, no line of the log falls into the time of the fault.
  file.setOffset('log', -60);
  expect(finding('ke4-slow-homeserver').verdict).not.toBe('confirmed');
  file.setOffset('log', 0);

  file.add('keys', await read(keys));
  file.add('events', await read(events));
  expect(finding('otk-divergence').facts).toContain(oldKey);
  expect(finding('ke3-malformed')).toMatchObject({ verdict: 'confirmed', missing: 0 });
  expect(
    file.model().reports[0]?.reportAnalysis.diagnosis.findings.find(({ id }) => id === 'ke3-malformed')?.verdict,
  ).toBe('likely');

  file.remove('events');
  expect(finding('ke3-malformed').verdict).toBe('likely');

  file.add('sound', await read(events.replace(',,abc,', ',m.megolm.v1.aes-sha2,abc,')));
  expect(finding('ke3-malformed')).toMatchObject({ verdict: 'confirmed', conclusion: 'malformed-at-client' });
});

test('the redacted copy has the same verdicts', () => {
  const verdicts = (of: CryptoDiagReport) =>
    diagnoseReport(of).diagnosis.findings.map(({ id, verdict, conclusion }) => ({ id, verdict, conclusion }));
  expect(verdicts(report).length).toBeGreaterThan(5);
  expect(verdicts(redactedCopy(report))).toEqual(verdicts(report));
});

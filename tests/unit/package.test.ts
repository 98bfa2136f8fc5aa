// The published package, without a page.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

import { Ajv2020 } from 'ajv/dist/2020.js';
import * as lib from 'lotus-crypto-diag';
import { afterEach, describe, expect, it, vi } from 'vitest';

const schema = JSON.parse(readFileSync(new URL(import.meta.resolve('lotus-crypto-diag/report-1.schema.json')), 'utf8'));
const validate = new Ajv2020({ strict: false, validateFormats: false }).compile(schema);

function read(json: string): lib.CryptoDiagReport {
  const report = JSON.parse(json);
  expect(validate(report), JSON.stringify(validate.errors)).toBe(true);
  return report;
}

const refusal = `MatrixError: [400] One time key signed_curve25519:AAAA already exists. Old key: {"key":"abc"}; new key: {'key': 'def'}`;

/** Node has no localStorage to store evidence in; the second note appears once storing was tried. */
const NOT_READ = 'the evidence of earlier page loads cannot be read: there is no localStorage';
const notKept = (note: string) => note === 'the evidence of this page is not kept: there is no localStorage';
const NOT_GIVEN = ['extras.app was not given by the app', 'extras.sdkVersion was not given by the app'];

afterEach(() => {
  vi.restoreAllMocks();
});

describe('before anything is installed', () => {
  it('a report has the status idle', () => {
    const report = read(lib.buildCryptoDiagReport(undefined));
    expect(report.status.state).toBe('idle');
    expect(report.capturingSince).toBeNull();
    expect(report.counts).toEqual({ 'KE-1': 0, 'KE-2': 0, 'KE-3': 0, 'KE-4': 0 });
    expect(report.notes).toEqual([
      ...NOT_GIVEN,
      'no Matrix client was given: nothing is known of user, device and encryption',
      'the diagnosis is not loaded yet: a report that is collected, not built, has it',
      NOT_READ,
    ]);
    expect([report.diagnosis, report.runbook]).toEqual([null, null]);
  });

  it('the console is untouched', () => {
    const before = console.warn;
    lib.getSnapshot();
    expect(console.warn).toBe(before);
  });
});

describe('once installed', () => {
  it('a Node program exits by itself', () => {
    const script = `import * as lib from ${JSON.stringify(import.meta.resolve('lotus-crypto-diag'))};
      lib.installCryptoDiagLog();
      console.error('MissingKey: missing key at index 1 for participant @a:hs:D');
      lib.buildCryptoDiagReport(undefined);
      await lib.collectCryptoDiagReport(undefined);
      console.log(lib.getCryptoDiagEntries().length);`;
    const args = ['--input-type=module', '-e', script];
    // Killed, it would throw.
    const output = execFileSync(process.execPath, args, {
      encoding: 'utf8',
      timeout: 25_000,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    expect(output.trim()).toBe('1');
  }, 30_000);

  it('the console is wrapped once, and the last undo restores it', () => {
    const original = console.warn;
    const undos = [lib.installCryptoDiagLog(), lib.installCryptoDiagLog()];
    const wrapped = console.warn;
    expect(wrapped).not.toBe(original);
    undos[0]?.();
    undos[0]?.();
    expect(console.warn).toBe(wrapped);
    undos[1]?.();
    expect(console.warn).toBe(original);
  });

  it('getCryptoDiagEntries works without structuredClone', () => {
    vi.stubGlobal('structuredClone', undefined);
    expect(lib.getCryptoDiagEntries()).toEqual(lib.getSnapshot().entries);
    vi.unstubAllGlobals();
  });

  it('entries are copies with the text and details of the line', () => {
    const error = vi.spyOn(console, 'error').mockImplementation(() => {});
    const undo = lib.installCryptoDiagLog();
    console.error(refusal);
    undo();
    expect(error).toHaveBeenCalledExactlyOnceWith(refusal);
    const [entry] = lib.getCryptoDiagEntries();
    expect(entry).toMatchObject({
      ke: 'KE-1',
      level: 'error',
      signature: 'already exists',
      message: refusal,
      source: 'window',
      count: 1,
    });
    expect(entry?.detail).toEqual({
      kind: 'refusal',
      keyId: 'signed_curve25519:AAAA',
      oldKey: 'abc',
      newKey: 'def',
      deviceId: null,
      httpStatus: 400,
    });
    expect(entry?.ts).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    if (entry) entry.message = 'changed by the caller';
    expect(lib.getCryptoDiagEntries()[0]?.message).toBe(refusal);
    expect(read(lib.buildCryptoDiagReport(null)).entries[0]?.message).toBe(refusal);
  });

  it('listeners are called later and once for many lines, and the snapshot is stable until then', async () => {
    vi.spyOn(console, 'warn').mockImplementation(() => {});
    const undo = lib.installCryptoDiagLog();
    await new Promise((resolve) => setTimeout(resolve, 600));
    const listener = vi.fn();
    const unsubscribe = lib.subscribe(listener);
    const before = lib.getSnapshot();
    for (let i = 0; i < 1000; i++) console.warn('MissingKey: missing key at index 1 for participant @b:hs:D');
    expect(listener).not.toHaveBeenCalled();
    expect(lib.getSnapshot()).toBe(before);
    await vi.waitFor(() => expect(listener).toHaveBeenCalledOnce());
    expect(lib.getSnapshot().counts['KE-2']).toBe(before.counts['KE-2'] + 1000);
    expect(lib.getSnapshot()).toBe(lib.getSnapshot());
    unsubscribe();
    undo();
  });

  it('a listener that logs a matching line is not called endlessly', async () => {
    vi.spyOn(console, 'warn').mockImplementation(() => {});
    const undo = lib.installCryptoDiagLog();
    await new Promise((resolve) => setTimeout(resolve, 600));
    let calls = 0;
    const unsubscribe = lib.subscribe(() => {
      calls += 1;
      console.warn(`${calls} already exists`);
      throw new Error('and throws');
    });
    console.warn('first already exists');
    await new Promise((resolve) => setTimeout(resolve, 1200));
    expect(calls).toBe(1);
    expect(lib.getCryptoDiagEntries().some((entry) => entry.message === '1 already exists')).toBe(true);
    unsubscribe();
    undo();
  });
});

it('the report contains the name of a session with its secrets redacted', async () => {
  const leadership = lib.requestTabLeadership({ name: '@a:hs syt_s3cret' });
  const report = read(await lib.collectCryptoDiagReport(null));
  expect(report.tabs).toMatchObject({ session: '@a:hs [redacted]', tabs: [{ thisTab: true }] });
  expect(report.tabs?.error).toContain('Web Locks are missing');
  leadership.release();
});

describe('a capture session', () => {
  it('is started by a mark, and a mark of an unknown kind is `other`', () => {
    const session = () => read(lib.buildCryptoDiagReport(null)).captureSession;
    lib.startCaptureSession();
    lib.stopCaptureSession();
    lib.markFault('sound-cut');
    expect(session()).toMatchObject({ stoppedAt: null, marks: [{ kind: 'sound-cut' }] });
    lib.markFault('picture-frozen');
    lib.markFault('cannot-read-message');
    lib.markFault('x' as never);
    lib.markFault({ toString: null } as never);
    const kinds = ['sound-cut', 'picture-frozen', 'cannot-read-message', 'other', 'other'];
    expect(session()?.marks.map(({ kind }) => kind)).toEqual(kinds);
    lib.stopCaptureSession();
    expect(session()?.stoppedAt).not.toBeNull();
  });
});

describe('the extras of a report', () => {
  it.each<[string, unknown, string[]]>([
    ['not given', {}, NOT_GIVEN],
    ['given in part', { app: 'Lotus 4.11' }, NOT_GIVEN.slice(1)],
    ['of another type', { app: 7, sdkVersion: '41.7.0' }, ['extras.app gave something unexpected (number)']],
    ['given', { app: 'Lotus 4.11', sdkVersion: '41.7.0' }, []],
  ])('%s, missing and wrong ones are noted', (_name, extras, expected) => {
    const { notes } = read(lib.buildCryptoDiagReport(null, extras as never));
    expect(notes.filter((note) => note.startsWith('extras.'))).toEqual(expected);
  });
});

describe('the report of a client', () => {
  const throwing = () => {
    throw new Error('not yet, syt_secret');
  };

  it.each<[string, unknown]>([
    ['missing', undefined],
    ['null', null],
    ['empty', {}],
    ['throwing', { getUserId: throwing, getDeviceId: throwing, getSyncState: throwing, getCrypto: throwing }],
    [
      'of another shape',
      { getUserId: () => 7, getDeviceId: () => Symbol('x'), getSyncState: () => ({}), getCrypto: () => 1n },
    ],
    ['no object at all', 'client'],
    ['a proxy that throws', new Proxy({}, { get: throwing })],
  ])('that is %s has null and a note for missing values', async (_name, mx) => {
    for (const json of [lib.buildCryptoDiagReport(mx as never), await lib.collectCryptoDiagReport(mx as never)]) {
      const report = read(json);
      expect([report.userId, report.deviceId, report.syncState]).toEqual([null, null, null]);
      expect(json).not.toContain('secret');
    }
    if (mx && typeof mx === 'object' && 'getUserId' in mx)
      expect(read(lib.buildCryptoDiagReport(mx as never)).notes.length).toBeGreaterThan(0);
  });

  it('that is ready has its ids, keys and versions', async () => {
    const crypto = {
      getVersion: () => 'Rust SDK 0.13.0 (abc), Vodozemac 0.9.0',
      getOwnDeviceKeys: async () => ({ ed25519: 'ED', curve25519: 'CURVE' }),
      getActiveSessionBackupVersion: async () => '3',
      isCrossSigningReady: () => Promise.reject(new Error('no')),
    };
    const mx = {
      getUserId: () => '@a:hs',
      getDeviceId: () => 'DEV',
      getSyncState: () => 'SYNCING',
      getCrypto: () => crypto,
    };
    const report = read(
      await lib.collectCryptoDiagReport(mx, { sdkVersion: '41.7.0', app: 'Lotus 4.11', notes: ['Bearer abc'] }),
    );
    expect(report).toMatchObject({
      userId: '@a:hs',
      deviceId: 'DEV',
      syncState: 'SYNCING',
      cryptoReady: true,
      sdkVersion: '41.7.0',
      cryptoVersion: 'Rust SDK 0.13.0 (abc), Vodozemac 0.9.0',
      ed25519Key: 'ED',
      curve25519Key: 'CURVE',
      keyBackupVersion: '3',
      crossSigningReady: null,
    });
    const notes = report.notes.filter((note) => !notKept(note));
    expect(notes).toEqual(['Bearer [redacted]', 'isCrossSigningReady() threw: no', NOT_READ]);
  });

  it('that never answers is written after a timeout', async () => {
    vi.useFakeTimers();
    const pending = lib.collectCryptoDiagReport({
      getCrypto: () => ({ getOwnDeviceKeys: () => new Promise(() => {}) }),
    });
    await vi.advanceTimersByTimeAsync(3000);
    const notes = read(await pending).notes.filter((note) => !notKept(note));
    expect(notes).toEqual([...NOT_GIVEN, 'getOwnDeviceKeys(): no answer within 3 s', NOT_READ]);
    vi.useRealTimers();
  });
});

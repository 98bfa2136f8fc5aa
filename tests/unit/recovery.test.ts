// What the SDK reports about backup, recovery key and room keys, and whether a logout loses something.
import { describe, expect, it, vi } from 'vitest';

import type { Entry } from '../../pkg-glue/src/generated/model';
import { exportRoomKeys, unreadableMessages } from '../../pkg-glue/src/recovery';
import { createDiag, instantiate } from './module';

instantiate();
const checkHistorySafety = (mx: object) => createDiag().historySafety(mx);

const client = (crypto: object | null) => ({
  getUserId: () => '@a:hs',
  getDeviceId: () => 'D',
  getCrypto: () => crypto,
});

type Answers = { active?: unknown; onServer?: unknown; ready?: unknown; counts?: unknown };
const crypto = ({ active = null, onServer = null, ready = true, counts = { total: 3, backedUp: 3 } }: Answers) => ({
  getActiveSessionBackupVersion: async () => active,
  getKeyBackupInfo: async () => onServer,
  isSecretStorageReady: async () => ready,
  olmMachine: { roomKeyCounts: async () => counts },
});

const check = async (answers: Answers) => {
  const { isSafe, backup, recoveryKey, notBackedUp } = await checkHistorySafety(client(crypto(answers)));
  return [isSafe, backup, recoveryKey, notBackedUp];
};

describe('checkHistorySafety', () => {
  it('isSafe is true only with all keys in a trusted backup and a recovery key', async () => {
    const active = '1';
    expect(await check({ active })).toEqual([true, 'active', true, 0]);
    expect(await check({ active, counts: { total: 3, backedUp: 2 } })).toEqual([false, 'active', true, 1]);
    expect(await check({ active, ready: false })).toEqual([false, 'active', false, 0]);
    expect(await check({ onServer: { version: '1' } })).toEqual([false, 'untrusted', true, 3]);
    expect(await check({})).toEqual([false, 'none', true, 3]);
  });

  it('isSafe is true on a device without keys, unless only this device can open the backup', async () => {
    const counts = { total: 0, backedUp: 0 };
    expect(await check({ counts })).toEqual([true, 'none', true, 0]);
    expect(await check({ counts, ready: false })).toEqual([true, 'none', false, 0]);
    expect(await check({ counts, ready: false, active: '1' })).toEqual([false, 'active', false, 0]);
    expect(await check({ counts, active: 42 })).toEqual([false, null, true, 0]);
  });

  it('isSafe is false with a problem for a client that answers nothing, throws or answers nonsense', async () => {
    for (const mx of [{}, client(null), client({}), client(crypto({ ready: 'yes', counts: {}, active: 1 }))]) {
      const { isSafe, problems } = await checkHistorySafety(mx);
      expect(isSafe).toBe(false);
      expect(problems.length).toBeGreaterThan(0);
    }
    const thrower = () => {
      throw new Error('closed');
    };
    const { isSafe, problems } = await checkHistorySafety(client({ getActiveSessionBackupVersion: thrower }));
    expect(isSafe).toBe(false);
    expect(problems).toContain('closed');
  });

  it('times out', async () => {
    vi.useFakeTimers();
    const never = () => new Promise(() => {});
    const found = checkHistorySafety(client({ ...crypto({}), isSecretStorageReady: never }));
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await found).toMatchObject({ isSafe: false, problems: ['isSecretStorageReady(): no answer within 10 s'] });
    vi.useRealTimers();
  });
});

it('exportRoomKeys rejects with a readable error if the SDK has no encrypted export', async () => {
  await expect(exportRoomKeys(client({}), 'x')).rejects.toThrow('gives no encrypted export');
  await expect(exportRoomKeys(client(null), 'x')).rejects.toThrow('gives no encrypted export');
});

describe('unreadable messages', () => {
  const entry = (kind: string, eventId: string | null, roomId: string | null = '!r:hs') =>
    ({ detail: { kind, eventId, roomId } }) as unknown as Entry;

  it('are counted by event id, without malformed ones and those without an id', () => {
    const entries = [
      entry('undecryptable', '$1'),
      entry('undecryptable', '$1'),
      entry('undecryptable', '$2', null),
      entry('undecryptable', null),
      entry('malformed', '$3'),
    ];
    expect(unreadableMessages({}, entries)).toBe(2);
  });

  it('are not counted once the client has decrypted them', () => {
    const entries = [entry('undecryptable', '$1'), entry('undecryptable', '$2')];
    const client = (isDecryptionFailure: (id: string) => unknown): object => ({
      getRoom: () => ({ findEventById: (id: string) => ({ isDecryptionFailure: () => isDecryptionFailure(id) }) }),
    });
    const thrower = () => {
      throw new Error('closed');
    };
    expect(
      unreadableMessages(
        client((id) => id === '$1'),
        entries,
      ),
    ).toBe(1);
    expect(unreadableMessages(client(thrower), entries)).toBe(2);
    for (const getRoom of [thrower, () => null, () => ({}), () => ({ findEventById: () => undefined })]) {
      expect(unreadableMessages({ getRoom } as object, entries)).toBe(2);
    }
  });

  it('have the outlook `recovery-key` only with a backup and a recovery key', async () => {
    const outlook = async (answers: Answers) => (await checkHistorySafety(client(crypto(answers)))).outlook;
    expect(await outlook({ onServer: { version: '1' } })).toBe('recovery-key');
    expect(await outlook({ active: '1' })).toBe('recovery-key');
    expect(await outlook({ active: '1', ready: false })).toBe('locked');
    expect(await outlook({ active: '1', ready: 'perhaps' })).toBe('unknown');
    expect(await outlook({})).toBe('no-backup');
    expect(await outlook({ active: 42 })).toBe('unknown');
    expect((await checkHistorySafety({})).outlook).toBe('unknown');
  });
});

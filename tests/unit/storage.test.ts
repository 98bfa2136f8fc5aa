// Every behaviour of navigator.storage; the end-to-end tests use the real one.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { End } from '../../pkg-glue/src/end';
import { createStorage } from '../../pkg-glue/src/storage';
import { createDiag, instantiate } from './module';

instantiate();

const CHROMIUM =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36';
const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0';

const manager = {
  persisted: vi.fn<() => unknown>(),
  persist: vi.fn<() => unknown>(),
  estimate: vi.fn<() => unknown>(),
};
let permission: EventTarget & { state: string };
let page: EventTarget;
const stored = new Map<string, string>();

function browser(userAgent = CHROMIUM, storage: unknown = manager) {
  vi.stubGlobal('navigator', { userAgent, storage, permissions: { query: async () => permission } });
}

beforeEach(() => {
  manager.persisted.mockReset().mockResolvedValue(false);
  manager.persist.mockReset().mockResolvedValue(false);
  manager.estimate.mockReset().mockResolvedValue({ usage: 1000, quota: 5000 });
  permission = Object.assign(new EventTarget(), { state: 'prompt' });
  page = new EventTarget();
  stored.clear();
  vi.stubGlobal('sessionStorage', {
    getItem: (key: string) => stored.get(key) ?? null,
    setItem: (key: string, value: string) => stored.set(key, value),
  });
  vi.stubGlobal('addEventListener', page.addEventListener.bind(page));
  browser();
});

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

const create = () => {
  const storage = createDiag().storage();
  return createStorage(
    (call) => call(storage),
    () => true,
    () => {},
    new End(),
  );
};
const settled = () => new Promise((resolve) => setTimeout(resolve));

describe('in a browser that decides without a prompt', () => {
  it('persist() is called once for many requests', async () => {
    const storage = create();
    const answers = await Promise.all(Array.from({ length: 10 }, () => storage.request()));
    await storage.request();
    expect(manager.persist).toHaveBeenCalledTimes(1);
    expect(new Set(answers).size).toBe(1);
    expect(answers[0]).toEqual({
      supported: true,
      persisted: false,
      request: 'denied',
      usage: 1000,
      quota: 5000,
      error: null,
    });
  });

  it('a granted request is reported', async () => {
    manager.persist.mockResolvedValue(true);
    const storage = create();
    expect(await storage.request()).toMatchObject({ persisted: true, request: 'granted' });
    manager.persisted.mockResolvedValue(true);
    expect(await storage.refresh()).toMatchObject({ persisted: true, request: 'granted' });
  });

  it('persist() is not called if the storage is already persistent', async () => {
    manager.persisted.mockResolvedValue(true);
    expect(await create().request()).toMatchObject({ persisted: true, request: 'already' });
    expect(manager.persist).not.toHaveBeenCalled();
  });

  it('persist() is called when the app starts, and after a denial again at the next load', async () => {
    for (const calls of [1, 2]) {
      const storage = create();
      storage.enter();
      storage.enter();
      await settled();
      expect(manager.persist).toHaveBeenCalledTimes(calls);
      expect(storage.status()).toMatchObject({ request: 'denied' });
    }
  });

  for (const [what, engage] of [
    ['the app was installed', () => page.dispatchEvent(new Event('appinstalled'))],
    [
      'notifications were allowed',
      () => {
        permission.state = 'granted';
        permission.dispatchEvent(new Event('change'));
      },
    ],
  ] as const) {
    it(`persist() is called again when ${what}`, async () => {
      const storage = create();
      storage.enter();
      await settled();
      manager.persist.mockResolvedValue(true);
      engage();
      await settled();
      engage();
      await settled();
      expect(manager.persist).toHaveBeenCalledTimes(2);
      expect(storage.status()).toMatchObject({ persisted: true, request: 'granted' });
    });
  }
});

describe('in a browser that prompts', () => {
  it('enter() only reads the status, and request() prompts once a tab', async () => {
    browser(FIREFOX);
    const storage = create();
    storage.enter();
    await settled();
    expect(storage.status()).toMatchObject({ persisted: false, request: 'not-asked' });
    expect(manager.persist).not.toHaveBeenCalled();

    expect(await storage.request()).toMatchObject({ request: 'denied' });
    const afterReload = create();
    expect(await afterReload.request()).toMatchObject({ request: 'denied' });
    page.dispatchEvent(new Event('appinstalled'));
    await settled();
    expect(manager.persist).toHaveBeenCalledTimes(1);
  });

  it('there is no prompt if the permission was denied', async () => {
    browser(FIREFOX);
    permission.state = 'denied';
    expect(await create().request()).toMatchObject({ request: 'denied' });
    expect(manager.persist).not.toHaveBeenCalled();
  });

  it('request() waits for the user without a time limit', async () => {
    vi.useFakeTimers();
    browser(FIREFOX);
    manager.persist.mockImplementation(() => new Promise((resolve) => setTimeout(resolve, 60_000, true)));
    const answer = create().request();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await answer).toMatchObject({ persisted: true, request: 'granted' });
  });
});

describe('the status with broken APIs', () => {
  it.each([
    ['no navigator', () => vi.stubGlobal('navigator', undefined), { request: 'unsupported', supported: false }],
    ['no storage', () => browser(CHROMIUM, null), { request: 'unsupported', supported: false }],
    ['no persist()', () => browser(CHROMIUM, { ...manager, persist: undefined }), { request: 'unsupported' }],
    [
      'a navigator that throws',
      () =>
        vi.stubGlobal('navigator', {
          get storage() {
            throw new Error('blocked');
          },
        }),
      { request: 'error', error: 'blocked' },
    ],
    [
      'persisted() throws',
      () =>
        manager.persisted.mockImplementation(() => {
          throw new TypeError('opaque origin');
        }),
      { request: 'error', persisted: null, error: 'TypeError: opaque origin' },
    ],
    ['persisted() gives nonsense', () => manager.persisted.mockResolvedValue('yes'), { persisted: null }],
    ['persist() rejects', () => manager.persist.mockRejectedValue(new Error('no')), { request: 'error', error: 'no' }],
    [
      'estimate() rejects',
      () => manager.estimate.mockRejectedValue(new Error('full')),
      { request: 'denied', usage: null, quota: null },
    ],
    ['estimate() gives nonsense', () => manager.estimate.mockResolvedValue(null), { usage: null, quota: null }],
  ] as const)('%s', async (_, arrange, expected) => {
    arrange();
    const storage = create();
    storage.enter();
    expect(await storage.request()).toMatchObject(expected);
    expect(await storage.refresh()).toMatchObject({ request: expect.any(String) });
  });

  it.each(['persisted', 'persist', 'estimate'] as const)('%s() that answers after 10 s', async (method) => {
    vi.useFakeTimers();
    const late = method === 'estimate' ? { usage: 1, quota: 2 } : true;
    manager[method].mockImplementation(() => new Promise((resolve) => setTimeout(resolve, 10_000, late)));
    const storage = create();
    const answer = storage.request();
    await vi.advanceTimersByTimeAsync(3_000);
    await vi.advanceTimersByTimeAsync(3_000);
    const inTime = await answer;
    if (method === 'estimate') expect(inTime).toMatchObject({ request: 'denied', usage: null });
    else expect(inTime).toMatchObject({ request: 'error', error: expect.stringContaining('no answer within 3 s') });
    await vi.advanceTimersByTimeAsync(10_000);
    if (method === 'persist') expect(storage.status()).toMatchObject({ request: 'granted', persisted: true });
  });

  it('a request after an error asks again', async () => {
    manager.persist.mockRejectedValueOnce(new Error('no'));
    const storage = create();
    expect(await storage.request()).toMatchObject({ request: 'error' });
    manager.persist.mockResolvedValue(true);
    expect(await storage.request()).toMatchObject({ request: 'granted', error: null });
  });
});

describe('if the module does not run', () => {
  const create = (isRunning: () => boolean, changed = () => {}) => {
    const storage = createDiag().storage();
    return createStorage((call) => (isRunning() ? call(storage) : undefined), isRunning, changed, new End());
  };

  it('the status is an error, and persist() is not called', async () => {
    const changed = vi.fn();
    const storage = create(() => false, changed);
    expect(storage.status()).toBeNull();
    storage.enter();
    expect(changed).toHaveBeenCalled();
    const off = { persisted: null, request: 'error', error: 'the diagnostics do not run in this page' };
    expect(storage.status()).toMatchObject(off);
    expect(await storage.request()).toMatchObject(off);
    expect(manager.persist).not.toHaveBeenCalled();
  });

  it('the last status is kept, with an error', async () => {
    let isRunning = true;
    manager.persist.mockResolvedValue(true);
    const storage = create(() => isRunning);
    await storage.request();
    const before = storage.status();
    expect(before).toMatchObject({ supported: true, persisted: true, request: 'granted' });
    isRunning = false;
    const error = 'the diagnostics do not run in this page';
    expect(storage.status()).toEqual({ ...before, error });
    expect(await storage.refresh()).toEqual({ ...before, error });
  });
});

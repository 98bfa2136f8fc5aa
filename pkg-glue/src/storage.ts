// navigator.storage: whether the browser keeps what this origin stores, and the wish that it does.
// https://storage.spec.whatwg.org/

import { explain, within } from './bounded';
import type { StorageStatus } from './generated/model';

export interface PersistentStorage {
  /** What is known; `null` before anything was asked. */
  status(): StorageStatus | null;
  /** At the app's entry: asks for persistence where the browser decides by itself, and only looks where it would prompt. */
  enter(): void;
  /** Asks for persistence, once. Never rejects. */
  request(): Promise<StorageStatus>;
  /** Looks again, without asking for anything. Never rejects. */
  refresh(): Promise<StorageStatus>;
}

/** That a prompt was shown in this tab is remembered over a reload. */
const PROMPTED = 'lotus-crypto-diag/persist-prompted';

const NOTHING: StorageStatus = {
  supported: false,
  persisted: null,
  request: 'not-asked',
  usage: null,
  quota: null,
  error: null,
};

export function createStorage(onChange: () => void): PersistentStorage {
  let status: StorageStatus | null = null;
  let asking: Promise<StorageStatus> | undefined;
  let entered = false;

  const update = (news: Partial<StorageStatus>): StorageStatus => {
    status = { ...NOTHING, ...status, ...news };
    onChange();
    return status;
  };

  const refresh = async (): Promise<StorageStatus> => {
    try {
      const manager = storageManager();
      if (!manager) return update({ supported: false, request: 'unsupported' });
      const [persisted, estimate] = await Promise.allSettled([
        within('navigator.storage.persisted()', () => manager.persisted()),
        within('navigator.storage.estimate()', () => manager.estimate()),
      ]);
      const failures = [persisted, estimate].flatMap((a) => (a.status === 'rejected' ? [explain(a.reason)] : []));
      const known = persisted.status === 'fulfilled' && typeof persisted.value === 'boolean' ? persisted.value : null;
      const { usage, quota } = estimate.status === 'fulfilled' ? Object(estimate.value) : {};
      const before = status?.request ?? 'not-asked';
      return update({
        supported: true,
        persisted: known,
        request: known && before !== 'granted' ? 'already' : before,
        usage: bytes(usage),
        quota: bytes(quota),
        error: failures.length > 0 ? failures.join('; ') : null,
      });
    } catch (error) {
      return update({ error: explain(error) });
    }
  };

  const ask = async (): Promise<StorageStatus> => {
    const now = await refresh();
    if (now.request !== 'not-asked') return now;
    // A browser that did not say whether it is persistent is not asked: where it prompts, it might do so twice.
    if (now.persisted === null) return update({ request: 'error' });
    try {
      const manager = storageManager();
      if (!manager) return now;
      const prompts = promptsForStorage();
      if (prompts && (await wasPrompted())) return update({ request: 'denied' });
      if (prompts) remember();
      const answer = Promise.resolve(manager.persist()).then(
        (granted) => update({ request: granted ? 'granted' : 'denied', persisted: granted === true, error: null }),
        (error) => update({ request: 'error', error: explain(error) }),
      );
      // A person may take long before a prompt; a browser that decides by itself may not. A late answer still counts.
      return await (prompts ? answer : within('navigator.storage.persist()', () => answer));
    } catch (error) {
      return update({ request: 'error', error: explain(error) });
    }
  };

  const request = (): Promise<StorageStatus> => {
    // An error may be gone by the next call; every other outcome stands until the page is loaded again, a denial until
    // there is a reason to ask anew.
    if (status?.request === 'error' && !asking) status = { ...status, request: 'not-asked' };
    asking ??= ask().finally(() => {
      asking = undefined;
    });
    return asking;
  };

  /** Browsers decide by engagement: what shows that a person means to stay is a reason to ask anew. */
  const askAgain = (): void => {
    if (status?.request !== 'denied') return;
    status = { ...status, request: 'not-asked' };
    void request();
  };

  return {
    status: () => status,
    enter() {
      if (entered) return;
      entered = true;
      if (promptsForStorage()) {
        void refresh();
        return;
      }
      void request();
      void onEngagement(askAgain);
    },
    request,
    refresh,
  };
}

function storageManager(): StorageManager | undefined {
  const { storage } = globalThis.navigator ?? {};
  const complete = storage && [storage.persist, storage.persisted, storage.estimate].every(isFunction);
  return complete ? storage : undefined;
}

const isFunction = (value: unknown): boolean => typeof value === 'function';

const bytes = (value: unknown): number | null => (typeof value === 'number' && Number.isFinite(value) ? value : null);

/** Firefox asks the person. Nothing but its name tells: the permission's state is `prompt` in all of them. */
function promptsForStorage(): boolean {
  try {
    return /\bGecko\/\d/.test(globalThis.navigator?.userAgent ?? '');
  } catch {
    return true;
  }
}

/** Whether the person said no for good, or saw the prompt in this tab before a reload. */
async function wasPrompted(): Promise<boolean> {
  try {
    if (sessionStorage.getItem(PROMPTED) !== null) return true;
  } catch {
    // Blocked: then nothing is remembered.
  }
  try {
    const permission = await within('navigator.permissions', () =>
      navigator.permissions.query({ name: 'persistent-storage' }),
    );
    return permission.state === 'denied';
  } catch {
    return false;
  }
}

function remember(): void {
  try {
    sessionStorage.setItem(PROMPTED, '1');
  } catch {
    // The next load of this page will ask once more.
  }
}

async function onEngagement(listener: () => void): Promise<void> {
  try {
    globalThis.addEventListener?.('appinstalled', listener);
    const notifications = await navigator.permissions.query({ name: 'notifications' });
    notifications.addEventListener('change', () => {
      if (notifications.state === 'granted') listener();
    });
  } catch {
    // Without it, the next load of the page asks again.
  }
}

// One page's ends of the browser for the election of a leader: the lock, the channel to the other tabs, its own life.
// What the wasm is called for is guarded: nothing of it becomes an uncaught error of the page.

// The clock as it was when the page was loaded: a host, or a test of it, may put another in its place.
const { now } = Date;

/** For spans of time: milliseconds, whatever happens to the clock of the day. */
function steady() {
  try {
    return performance.now();
  } catch {
    return now();
  }
}

// The kinds of events, as in `crate/capture/src/tabs.rs`.
const STARTED = 0;
const GRANTED = 1;
const ENDED = 2;
const UNAVAILABLE = 3;
const HEARD = 4;
const TIMED_OUT = 5;
const HIDDEN = 6;
const SHOWN = 7;
const VISIBLE = 8;

/** No message of a tab is longer: see `tab_message.rs`. Another script's may be, and the memory of the wasm never shrinks. */
const MAX_MESSAGE = 512;

/** A page that was gone for longer was not reloaded: somebody came back to the app. */
const RELOAD_MS = 60_000;

/**
 * @param {string} name of the session: tabs of another name do not meet
 * @param {(kind: number, number: number, text: string) => void} onEvent of the wasm
 * @param {(what: string, text: string) => void} host
 * @param {(call: () => void) => boolean} guard runs what calls the wasm; `false` when that is broken
 * @param {import('./console.js').EndSignal} signal lets everything go
 */
export function openTab(name, onEvent, host, guard, signal) {
  const emit = (/** @type {number} */ kind, number = 0, text = '') => {
    if (signal.aborted || guard(() => onEvent(kind, number, text))) return;
    host('broken', kind === HEARD || kind === TIMED_OUT ? '' : 'lost');
  };

  /** @type {LockManager | undefined} */
  let locks;
  /** @type {BroadcastChannel | undefined} */
  let channel;
  // A page in the back/forward cache is thrown out of it by any message that reaches it: so the channel is closed then.
  const openChannel = () => {
    try {
      locks = navigator.locks;
      channel ??= new BroadcastChannel(`lotus-crypto-diag/leader/${name}`);
      channel.onmessage = ({ data }) => {
        if (typeof data === 'string' && data.length <= MAX_MESSAGE) emit(HEARD, 0, data);
      };
    } catch {
      // Told at the first request.
    }
  };
  const fallSilent = () => {
    channel?.close();
    channel = undefined;
  };

  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  /** How each request is taken back. @type {Map<number, () => void>} */
  const requests = new Map();

  const handleHide = () => {
    emit(HIDDEN);
    // After the lock, for which another tab waits.
    queueMicrotask(fallSilent);
  };
  const handleShow = () => {
    openChannel();
    takeNote(name);
    emit(SHOWN);
  };
  const handleVisibility = () => {
    let isVisible = true;
    try {
      isVisible = document.visibilityState === 'visible';
    } catch {
      // Then it counts as one that is looked at.
    }
    emit(VISIBLE, Number(isVisible));
  };

  const request = (/** @type {number} */ number) => {
    const control = controller();
    const askedAt = steady();
    let letGo = () => {};
    /** Settles when the lock is to be let go. @type {Promise<void>} */
    const end = new Promise((resolve) => {
      letGo = resolve;
    });
    requests.set(number, () => {
      requests.delete(number);
      letGo();
      // It aborts what still waits in line; all else comes first.
      queueMicrotask(() => control?.abort());
    });
    const over = (/** @type {any} */ error) => {
      if (!requests.delete(number)) return;
      letGo();
      // By an AbortError foreign code took the lock; everything else is a browser that gives no locks.
      emit(error && error.name !== 'AbortError' ? UNAVAILABLE : ENDED, number);
    };
    try {
      if (!locks || !channel) throw new Error('no locks');
      const handleGrant = () => {
        if (requests.has(number)) emit(GRANTED, number, String(Math.round(steady() - askedAt)));
        return end;
      };
      const held = locks.request(
        `lotus-crypto-diag/leader/${name}`,
        control ? { signal: control.signal } : {},
        handleGrant,
      );
      held.then(() => over(undefined), over);
    } catch (error) {
      over(error);
    }
  };

  return {
    start() {
      openChannel();
      if (typeof document === 'object') {
        /** @type {[EventTarget, string, () => void][]} */
        const listeners = [
          [window, 'pagehide', handleHide],
          [document, 'freeze', handleHide],
          [window, 'pageshow', handleShow],
          [document, 'resume', handleShow],
          [document, 'visibilitychange', handleVisibility],
        ];
        for (const [target, type, listener] of listeners) listen(target, type, listener, signal);
        handleVisibility();
      }
      signal.addEventListener('abort', () => {
        for (const cancel of requests.values()) cancel();
        fallSilent();
        clearTimeout(timer);
      });
      emit(STARTED, Number(takeNote(name)));
    },
    request,
    cancel(/** @type {number} */ number) {
      requests.get(number)?.();
    },
    post(/** @type {string} */ text) {
      try {
        channel?.postMessage(text);
      } catch {
        // Closed under us: nobody is asked, and nobody answers.
      }
    },
    setTimer(/** @type {number} */ number, /** @type {number} */ ms) {
      const handleTimeout = () => emit(TIMED_OUT, number);
      try {
        clearTimeout(timer);
        timer = setTimeout(handleTimeout, ms);
      } catch {
        // A page that has broken its timers: better too early than never.
        queueMicrotask(handleTimeout);
      }
    },
    noteLead: () => noteLead(name),
  };
}

/** Until the end. What a page does not let be heard is not heard. */
function listen(
  /** @type {EventTarget} */ target,
  /** @type {string} */ type,
  /** @type {() => void} */ listener,
  /** @type {import('./console.js').EndSignal} */ signal,
) {
  try {
    target.addEventListener(type, listener);
    signal.addEventListener('abort', () => target.removeEventListener(type, listener));
  } catch {
    // A page that is not told of being hidden leads on, as it would without elections.
  }
}

/** Without one, a request that waits in line cannot be taken back: once granted, it is let go at once. */
function controller() {
  try {
    return new AbortController();
  } catch {
    return undefined;
  }
}

// That this tab led when its page went, in what the browser keeps for this tab alone.
const LED = 'lotus-crypto-diag/led';

function noteLead(/** @type {string} */ name) {
  try {
    sessionStorage.setItem(LED, JSON.stringify({ name, at: Date.now() }));
  } catch {
    // Without a storage, a leader that is reloaded waits in line.
  }
}

/** Whether this tab led until a moment ago. The note is used up: a copy of the tab must not find it. */
function takeNote(/** @type {string} */ name) {
  try {
    const note = JSON.parse(sessionStorage.getItem(LED) ?? 'null');
    if (note?.name !== name) return false;
    sessionStorage.removeItem(LED);
    return Math.abs(Date.now() - note.at) < RELOAD_MS;
  } catch {
    return false;
  }
}

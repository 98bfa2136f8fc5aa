// One page's ends of the browser for the election of a leader: the lock, the channel to the other tabs, its own life.
// What the wasm is called for is guarded: nothing of it becomes an uncaught error of the page.

// The kinds of events, as in `web/tabs.rs`.
const GRANTED = 0;
const ENDED = 1;
const UNAVAILABLE = 2;
const HEARD = 3;
const TIMED_OUT = 4;
const HIDDEN = 5;
const SHOWN = 6;

/** What took longer may have waited for a page that hung. Less than the least that a thief waits. */
const PROMPT_MS = 200;
/** How often a page in line notes that it runs. A hidden one is let do so once a second, in time, and later once a minute. */
const PULSE_MS = 1000;
/** Until when that is in time: from one pulse to the next but one, less time passes than a thief waits. */
const PULSE_IN_TIME_MS = 1250;

/**
 * @param {string} name of the session: tabs of another name do not meet
 * @param {number} graceMs how long a thief waits before it leads
 * @param {(kind: number, number: number, text: string) => void} onEvent of the wasm
 * @param {(what: string, text: string) => void} host
 * @param {(call: () => void) => boolean} guard runs what calls the wasm; `false` when that is broken
 * @param {AbortSignal} signal lets everything go
 */
export function openTab(name, graceMs, onEvent, host, guard, signal) {
  const emit = (/** @type {number} */ kind, number = 0, text = '') => {
    if (signal.aborted || guard(() => onEvent(kind, number, text))) return;
    host('broken', kind === HEARD || kind === TIMED_OUT ? '' : 'lost');
  };

  /** @type {LockManager | undefined} */
  let locks;
  /** @type {BroadcastChannel | undefined} */
  let channel;
  // A page in the back/forward cache is thrown out of it by any message that reaches it: so the channel is closed then.
  const listen = () => {
    try {
      locks = navigator.locks;
      channel ??= new BroadcastChannel(`lotus-crypto-diag/leader/${name}`);
      channel.onmessage = ({ data }) => {
        if (typeof data?.text !== 'string' || typeof data.sentAt !== 'number') return;
        emit(HEARD, Math.max(0, Date.now() - data.sentAt), data.text);
      };
    } catch {
      // Told at the first request.
    }
  };
  const fallSilent = () => {
    channel?.close();
    channel = undefined;
  };
  listen();

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
    listen();
    emit(SHOWN);
  };
  /** @type {[EventTarget, string, () => void][]} */
  const listeners =
    typeof document === 'object'
      ? [
          [window, 'pagehide', handleHide],
          [document, 'freeze', handleHide],
          [window, 'pageshow', handleShow],
          [document, 'resume', handleShow],
        ]
      : [];
  for (const [target, type, listener] of listeners) target.addEventListener(type, listener, { signal });
  signal.addEventListener('abort', () => {
    for (const cancel of requests.values()) cancel();
    clearTimeout(timer);
    fallSilent();
  });

  // Nothing sleeps. What a browser compiles when it is called first is compiled now, and not while the session has no leader.
  emit(SHOWN);

  const QUEUE = `lotus-crypto-diag/leader/${name}`;
  // A page that hangs may be given the lock of the queue, and robbed of it, before it runs again; and what it is then told
  // comes in no order that can be relied on. So it has to ask for a second lock, which whoever robbed it holds by then. A
  // page whose pulse shows that it did not hang need not wait for that: while a tab is closed, it takes its time.
  const REIGN = `${QUEUE}/reign`;

  return {
    request(/** @type {number} */ number, /** @type {boolean} */ steal) {
      const control = new AbortController();
      const { signal: cancelled } = control;
      let letGo = () => {};
      /** Settles when what this request holds is to be let go. @type {Promise<void>} */
      const end = new Promise((resolve) => {
        letGo = resolve;
      });
      const isOn = () => requests.has(number);
      requests.set(number, () => {
        requests.delete(number);
        letGo();
        // All else can wait, and takes longer.
        queueMicrotask(() => control.abort());
      });
      // The browser takes no signal together with `steal`.
      const options = steal ? { steal } : { signal: cancelled };
      const over = (/** @type {any} */ error) => {
        if (!requests.delete(number)) return;
        letGo();
        control.abort();
        // An AbortError is a theft, or our own doing; everything else is a browser that gives no locks.
        emit(error && error.name !== 'AbortError' ? UNAVAILABLE : ENDED, number);
      };
      const ask = (/** @type {string} */ lock, /** @type {() => void} */ then) => {
        const hold = () => {
          // WebKit may tell of a theft before it tells of the lock.
          if (isOn()) then();
          return end;
        };
        try {
          if (!locks || !channel) throw new Error('no locks');
          locks.request(lock, options, hold).then(() => over(undefined), over);
        } catch (error) {
          over(error);
        }
      };
      const later = (/** @type {number} */ ms, /** @type {() => void} */ then) =>
        setTimeout(() => isOn() && then(), ms);
      // A page that did not run meanwhile was robbed, for all it can know. In the line it goes back to the end; a thief, who
      // has somebody's word or has waited for long, has to be told first what happened.
      const askAwake = (/** @type {string} */ lock, /** @type {() => void} */ then) => {
        const askedAt = performance.now();
        ask(lock, () => {
          if (performance.now() - askedAt <= PROMPT_MS) then();
          else if (steal) later(PROMPT_MS, then);
          else over(undefined);
        });
      };
      const grant = () => emit(GRANTED, number);
      const prove = () => askAwake(REIGN, grant);
      if (steal) {
        noteTheft();
        askAwake(QUEUE, prove);
        return;
      }
      // The first look at the storage takes its time.
      graceLeft(graceMs);
      const isSteady = feelPulse(cancelled);
      ask(QUEUE, () => {
        const steady = isSteady();
        const wait = graceLeft(graceMs);
        if (wait > 0) later(wait, prove);
        else if (wait === 0 && steady) {
          grant();
          if (isOn()) ask(REIGN, () => {});
        } else prove();
      });
    },
    cancel(/** @type {number} */ number) {
      requests.get(number)?.();
    },
    post(/** @type {string} */ text) {
      try {
        channel?.postMessage({ text, sentAt: Date.now() });
      } catch {
        // Closed under us: nobody is asked, and nobody answers.
      }
    },
    setTimer(/** @type {number} */ number, /** @type {number} */ ms) {
      clearTimeout(timer);
      const due = performance.now() + ms;
      const end = () => emit(TIMED_OUT, number);
      timer = setTimeout(() => {
        // A page that hung for so long has to be told first what happened.
        if (performance.now() - due > PROMPT_MS) timer = setTimeout(end, PROMPT_MS);
        else end();
      }, ms);
    },
  };
}

/**
 * Whether nothing can have waited for this page for as long as a thief waits. The page alone can tell: of the long tasks of
 * other windows in its process, and of a debugger's halt, the browser says nothing.
 *
 * @param {AbortSignal} signal
 * @returns {() => boolean} to be asked once
 */
function feelPulse(signal) {
  let last = performance.now();
  /** How many pulses were in time since one was late: what had to wait then may be read after the next. */
  let inTime = 2;
  const pulse = setInterval(() => {
    const gap = performance.now() - last;
    // One that was late is followed by one in time, at once.
    if (gap < PULSE_MS / 2) return;
    inTime = gap > PULSE_IN_TIME_MS ? 0 : inTime + 1;
    last += gap;
  }, PULSE_MS);
  const stop = () => clearInterval(pulse);
  signal.addEventListener('abort', stop);
  return () => {
    stop();
    return inTime >= 2 && performance.now() - last <= PULSE_IN_TIME_MS;
  };
}

/**
 * When a lock was stolen last, by the clock of all tabs: of any session, as the name of one is no business of others. A
 * thief that is closed before it leads leaves nothing else behind.
 */
const THEFT = 'lotus-crypto-diag/theft';

function noteTheft() {
  try {
    localStorage.setItem(THEFT, String(Date.now()));
  } catch {
    // Without a storage none takes the short way. Where it is full, or another tab was busy and has not heard of the note,
    // a thief that is closed at once is missed.
  }
}

/** How long a tab that is given a stolen lock has to wait, as its thief had to; less than 0: that is not known. */
function graceLeft(/** @type {number} */ graceMs) {
  try {
    return Math.max(0, graceMs - Math.abs(Date.now() - Number(localStorage.getItem(THEFT))));
  } catch {
    return -1;
  }
}

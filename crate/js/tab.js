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

/** A page that was not heard of for so long may have hung. Less than `GRACE_MS`, which a thief waits before it leads. */
const PROMPT_MS = 200;
/** What waited for a page that hung is done by then. */
const LATELY_MS = 2000;

/**
 * @param {string} name of the session: tabs of another name do not meet
 * @param {(kind: number, number: number, text: string) => void} onEvent of the wasm
 * @param {(what: string, text: string) => void} host
 * @param {(call: () => void) => boolean} guard runs what calls the wasm; `false` when that is broken
 * @param {AbortSignal} signal lets everything go
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
    fallSilent();
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

  const isPrompt = watchPromptness(signal);
  const QUEUE = `lotus-crypto-diag/leader/${name}`;
  // A page that hangs may be given the lock of the queue, and robbed of it, before it runs again; and what it is then told
  // comes in no order that can be relied on. So it has to ask for a second lock, which whoever robbed it holds by then. Where
  // the browser tells that the page did not hang, that need not be waited for: while a tab is closed, it takes its time.
  const REIGN = `${QUEUE}/reign`;

  return {
    request(/** @type {number} */ number, /** @type {boolean} */ steal) {
      const control = new AbortController();
      const { signal: cancelled } = control;
      /** Settles when what this request holds is to be let go. */
      const end = new Promise((resolve) => cancelled.addEventListener('abort', resolve));
      requests.set(number, () => control.abort());
      // The browser takes no signal together with `steal`.
      const options = steal ? { steal } : { signal: cancelled };
      const over = (/** @type {any} */ error) => {
        if (!requests.delete(number)) return;
        control.abort();
        // An AbortError is a theft, or our own doing; everything else is a browser that gives no locks.
        emit(error && error.name !== 'AbortError' ? UNAVAILABLE : ENDED, number);
      };
      const ask = (/** @type {string} */ lock, /** @type {() => void} */ then) => {
        const hold = () => {
          if (cancelled.aborted) return undefined;
          then();
          return end;
        };
        try {
          if (!locks || !channel) throw new Error('no locks');
          locks.request(lock, options, hold).then(() => over(undefined), over);
        } catch (error) {
          over(error);
        }
      };
      // A page that did not run meanwhile was robbed, for all it can know. In the line it goes back to the end; a thief, who
      // has somebody's word or has waited for long, has to be told first what happened.
      const goOn = (/** @type {number} */ askedAt, /** @type {() => void} */ then) => {
        if (performance.now() - askedAt <= PROMPT_MS) then();
        else if (steal) setTimeout(() => requests.has(number) && then(), PROMPT_MS);
        else over(undefined);
      };
      const grant = () => emit(GRANTED, number);
      const prove = () => {
        const askedAt = performance.now();
        ask(REIGN, () => goOn(askedAt, grant));
      };
      const requestedAt = performance.now();
      ask(QUEUE, () => {
        if (steal) goOn(requestedAt, prove);
        else if (isPrompt()) {
          ask(REIGN, () => {});
          grant();
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
 * Whether the page has run lately without a pause, as far as the browser tells of its long tasks; where it does not, no. It
 * does not tell of those of other windows that share the page's process: a page that hung because one of them did may lead
 * for a moment after a theft.
 *
 * @param {AbortSignal} signal
 * @returns {() => boolean}
 */
function watchPromptness(signal) {
  /** When the long tasks of late were over, and how long they took. @type {[end: number, duration: number][]} */
  let tasks = [];
  const note = (/** @type {PerformanceEntryList} */ entries) => {
    const since = performance.now() - LATELY_MS;
    for (const { startTime, duration } of entries) tasks.push([startTime + duration, duration]);
    tasks = tasks.filter(([end]) => end > since);
  };
  try {
    if (!PerformanceObserver.supportedEntryTypes.includes('longtask')) return () => false;
    const observer = new PerformanceObserver((list) => note(list.getEntries()));
    observer.observe({ type: 'longtask' });
    signal.addEventListener('abort', () => observer.disconnect());
    return () => {
      note(observer.takeRecords());
      return tasks.reduce((sum, [, duration]) => sum + duration, 0) < PROMPT_MS;
    };
  } catch {
    return () => false;
  }
}

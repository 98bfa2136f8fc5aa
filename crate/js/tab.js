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

  return {
    request(/** @type {number} */ number, /** @type {boolean} */ steal) {
      const control = new AbortController();
      let release = () => {};
      let cancelled = false;
      requests.set(number, () => {
        cancelled = true;
        control.abort();
        release();
      });
      const hold = () =>
        new Promise((/** @type {(value?: unknown) => void} */ resolve) => {
          release = resolve;
          if (cancelled) resolve();
          else emit(GRANTED, number);
        });
      const over = (/** @type {any} */ error) => {
        requests.delete(number);
        // An AbortError is a theft, or our own doing; everything else is a browser that gives no locks.
        emit(error && error.name !== 'AbortError' ? UNAVAILABLE : ENDED, number);
      };
      try {
        if (!locks || !channel) throw new Error('no locks');
        // The browser takes no signal together with `steal`.
        const options = steal ? { steal } : { signal: control.signal };
        locks.request(`lotus-crypto-diag/leader/${name}`, options, hold).then(() => over(undefined), over);
      } catch (error) {
        over(error);
      }
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
      timer = setTimeout(() => emit(TIMED_OUT, number), ms);
    },
    /** After everything that has arrived by now. No timer: those of a hidden page are held back. */
    readMail(/** @type {number} */ number) {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        port1.close();
        emit(TIMED_OUT, number);
      };
      port2.postMessage(undefined);
    },
  };
}

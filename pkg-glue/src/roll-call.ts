// Which tabs of this session are open: asked over a BroadcastChannel, as `navigator.locks.query()` would evict pages from
// the back/forward cache.

import { explain, later, pause } from './bounded';
import type { Start } from './capture-status';
import { steady } from './clock';
import type { Tab } from './generated/model';
import { type RollMessage, readMessage, writeMessage } from './roll-message';

/**
 * How long the others have for their answer; those that are known to be there, and busy, have longer. A tab that is
 * asleep does not answer, and does not count.
 */
const PATIENCE_MS = 400;
const LONG_PATIENCE_MS = 2000;
const STEP_MS = 100;
/** A newcomer is answered after a while, and not by all at once: it has to load, and may hold up a hand-over. */
const GREET_MS = 300;
const ANSWERS_A_SECOND = 8;
/** With this one, 64 tabs. A script of the origin may name any number. */
const MAX_OTHERS = 63;

export interface Roll {
  /** The other tabs, as they answered last. */
  readonly others: readonly Tab[];
  readonly error: string | null;
}

export interface RollCall {
  /** The last roll that was called. */
  last(): Roll;
  /** Asks all tabs that are open now. Never rejects. */
  call(): Promise<void>;
  /** Of what listens for the end of the page, this comes last from now on: the lock of an election comes before it. */
  hideLast(): void;
  /** Tells the other tabs that this one is new, or has another role. */
  announce(): void;
}

/**
 * `id` is this tab's; `describe` tells of it; `session` is the one it belongs to, `null` where the host named none; `hasLed` is asked at
 * the end of the page; `redact` gives nothing where it does not run.
 */
export function createRollCall(
  id: string,
  describe: () => Tab,
  session: () => string | null,
  hasLed: () => boolean,
  redact: (text: string) => string | undefined,
  onChange: () => void,
  start: Start,
): RollCall {
  let channel: BroadcastChannel | undefined;
  let error: string | null = null;
  let others = new Map<string, Tab>();
  let arriving: Map<string, Tab> | undefined;
  let calling: Promise<void> | undefined;
  let lastSession = session();

  const post = (message: () => RollMessage, of = session()) => {
    if (!channel) return;
    try {
      channel.postMessage(writeMessage(message(), of));
      error = null;
    } catch (thrown) {
      error = explain(thrown);
    }
  };
  const sayBye = (of = session()) => post(() => ({ kind: 'bye', from: id }), of);
  const sayNews = () => post(() => ({ kind: 'news', from: id, tab: describe() }));

  // Everybody hears an answer: however many ask, a few of them are enough.
  let answers = 0;
  let answersSince = Number.NEGATIVE_INFINITY;
  const answer = () => {
    const now = steady();
    if (now - answersSince >= 1000) {
      answersSince = now;
      answers = 0;
    }
    answers += 1;
    if (answers <= ANSWERS_A_SECOND) post(() => ({ kind: 'here', from: id, tab: describe() }));
  };

  let greets = false;
  const greetSoon = () => {
    if (greets) return;
    greets = true;
    later(
      () => {
        greets = false;
        answer();
      },
      GREET_MS * (1 + Math.random()),
    );
  };

  /** A leader that is closed says nothing: the tab that leads after it does. */
  const dropFormer = (tabs: Map<string, Tab> | undefined, leader: Tab) => {
    if (leader.role !== 'leader') return;
    for (const { id, role, since } of tabs?.values() ?? []) {
      if (role === 'leader' && (since ?? '') < (leader.since ?? '')) tabs?.delete(id);
    }
  };

  const handleMessage = ({ data }: MessageEvent) => {
    const message = readMessage(data, session(), redact);
    if (!message || message.from === id) return;
    const { kind, from } = message;
    if (kind === 'who') answer();
    else if (kind === 'bye') for (const tabs of [others, arriving]) tabs?.delete(from);
    else {
      const { tab } = message;
      // A newcomer learns of those who were there before.
      if (kind === 'news' && !others.has(from)) greetSoon();
      for (const tabs of [others, arriving]) {
        dropFormer(tabs, tab);
        if (tabs && (tabs.has(from) || tabs.size < MAX_OTHERS)) tabs.set(from, tab);
      }
    }
    onChange();
  };

  const listen = () => {
    try {
      channel ??= new BroadcastChannel('lotus-crypto-diag/roll-call');
      channel.onmessage = handleMessage;
    } catch (thrown) {
      error = `other tabs cannot be asked: ${explain(thrown)}`;
    }
  };
  listen();
  // A page that goes, for good or into the back/forward cache, is not there as far as the others can tell. Any message
  // would throw it out of that cache.
  const handleHide = () => {
    // A leader says nothing: to wake all the others would hold up the one that leads next, and that one calls the roll.
    if (!hasLed()) sayBye();
    channel?.close();
    channel = undefined;
  };
  start('the watch on pages that come back', () => {
    globalThis.addEventListener?.('pageshow', ({ persisted }) => {
      if (!persisted) return;
      listen();
      sayNews();
    });
  });

  let waited = 0;
  const ask = () => {
    arriving = new Map();
    waited = 0;
    post(() => ({ kind: 'who', from: id }));
  };
  const call = async (): Promise<void> => {
    ask();
    const isMissing = () => [...others.keys()].some((known) => !arriving?.has(known));
    const patience = () => (isMissing() ? LONG_PATIENCE_MS : PATIENCE_MS);
    for (; channel && waited < patience(); waited += STEP_MS) {
      await pause(STEP_MS);
    }
    others = arriving ?? others;
    arriving = undefined;
    onChange();
  };

  const hideLast = () => {
    start('the farewell to the other tabs', () => {
      globalThis.removeEventListener?.('pagehide', handleHide);
      globalThis.addEventListener?.('pagehide', handleHide);
    });
  };
  hideLast();

  return {
    hideLast,
    last: () => ({ others: [...others.values()], error }),
    call() {
      // What was answered to one that is under way may be old by now.
      if (calling) ask();
      calling ??= call().finally(() => {
        calling = undefined;
      });
      return calling;
    },
    announce() {
      // Of another session now: those of the former do not count, and to them this tab is gone.
      if (session() !== lastSession) {
        sayBye(lastSession);
        others.clear();
      }
      lastSession = session();
      dropFormer(others, describe());
      sayNews();
    },
  };
}

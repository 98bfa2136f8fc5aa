// Which tabs of this session are open: asked over a BroadcastChannel, as `navigator.locks.query()` would evict pages from
// the back/forward cache.

import { explain } from './bounded';
import type { Tab } from './generated/model';

/**
 * How long the others have for their answer; those that are known to be there, and busy, have longer. A tab that is
 * asleep does not answer, and does not count.
 */
const PATIENCE_MS = 400;
const LONG_PATIENCE_MS = 2000;
const STEP_MS = 100;
/** A newcomer is answered after a while, and not by all at once: it has to load, and may hold up a hand-over. */
const GREET_MS = 300;
const VERSION = 1;

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
 * the end of the page.
 */
export function createRollCall(
  id: string,
  describe: () => Tab,
  session: () => string | null,
  hasLed: () => boolean,
  onChange: () => void,
): RollCall {
  let channel: BroadcastChannel | undefined;
  let error: string | null = null;
  let others = new Map<string, Tab>();
  let arriving: Map<string, Tab> | undefined;
  let calling: Promise<void> | undefined;
  let lastSession = session();

  const post = (kind: string, tab?: Tab, of = session()) => {
    if (!channel) return;
    try {
      channel.postMessage({ version: VERSION, kind, from: id, session: of, tab });
      error = null;
    } catch (thrown) {
      error = explain(thrown);
    }
  };

  const greet = () => post('here', describe());

  /** A leader that is closed says nothing: the tab that leads after it does. */
  const dropFormer = (tabs: Map<string, Tab> | undefined, leader: Tab) => {
    if (leader.role !== 'leader') return;
    for (const { id, role, since } of tabs?.values() ?? []) {
      if (role === 'leader' && (since ?? '') < (leader.since ?? '')) tabs?.delete(id);
    }
  };

  const handleMessage = ({ data }: MessageEvent) => {
    if (data?.version !== VERSION || data.session !== session() || typeof data.from !== 'string') return;
    if (data.kind === 'who') post('here', describe());
    else if (data.kind === 'bye') for (const tabs of [others, arriving]) tabs?.delete(data.from);
    else if ((data.kind === 'here' || data.kind === 'news') && data.tab?.id === data.from) {
      const tab: Tab = { ...data.tab, thisTab: false };
      // A newcomer learns of those who were there before.
      if (data.kind === 'news' && !others.has(tab.id)) setTimeout(greet, GREET_MS * (1 + Math.random()));
      for (const tabs of [others, arriving]) {
        dropFormer(tabs, tab);
        tabs?.set(tab.id, tab);
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
    if (!hasLed()) post('bye');
    channel?.close();
    channel = undefined;
  };
  globalThis.addEventListener?.('pageshow', ({ persisted }) => {
    if (!persisted) return;
    listen();
    post('news', describe());
  });

  const call = async (): Promise<void> => {
    arriving = new Map();
    post('who');
    const isMissing = () => [...others.keys()].some((known) => !arriving?.has(known));
    const patience = () => (isMissing() ? LONG_PATIENCE_MS : PATIENCE_MS);
    for (let waited = 0; channel && waited < patience(); waited += STEP_MS) {
      await new Promise((resolve) => setTimeout(resolve, STEP_MS));
    }
    others = arriving;
    arriving = undefined;
    onChange();
  };

  const hideLast = () => {
    globalThis.removeEventListener?.('pagehide', handleHide);
    globalThis.addEventListener?.('pagehide', handleHide);
  };
  hideLast();

  return {
    hideLast,
    last: () => ({ others: [...others.values()], error }),
    call() {
      calling ??= call().finally(() => {
        calling = undefined;
      });
      return calling;
    },
    announce() {
      // Of another session now: those of the former do not count, and to them this tab is gone.
      if (session() !== lastSession) {
        post('bye', undefined, lastSession);
        others.clear();
      }
      lastSession = session();
      const tab = describe();
      dropFormer(others, tab);
      post('news', tab);
    },
  };
}

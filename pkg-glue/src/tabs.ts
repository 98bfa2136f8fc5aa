// This tab among the others of its session: the election, and the roll call.

import { later } from './bounded';
import type { Start } from './capture-status';
import { isoNow, isoOf, now, steady } from './clock';
import { type CreateMachine, Election, type TabLeadership, type TabLeadershipOptions } from './election';
import type { Evidences, Tab, TabRole, Tabs } from './generated/model';
import { createRollCall, type RollCall } from './roll-call';

export interface TabsHere {
  lead(options: TabLeadershipOptions): TabLeadership;
  /** Answers roll calls from now on. */
  enter(): void;
  /** What is known of the session's tabs now; `null` before a roll was called. */
  status(): Tabs | null;
  /** Asks the other tabs. Never rejects. */
  call(): Promise<void>;
  /**
   * For a view: the role of this tab, how many there are (`null` where the others were not asked, or could not be), and
   * whether the leader does not respond to this one.
   */
  summary(): { role: TabRole | null; count: number | null; leaderSilent: boolean };
}

/** How long a new leader waits before it calls the roll: others have their own work then. */
const SETTLE_MS = 1000;

export function createTabs(
  create: CreateMachine,
  evidence: () => Evidences,
  redact: (text: string) => string | undefined,
  onChange: () => void,
  start: Start,
): TabsHere {
  const id = `${now().toString(36)}-${random().toString(36).slice(2, 10)}`;
  const opened = isoNow();
  const elections = new Map<string, Election>();
  let rollCall: RollCall | undefined;
  let called = false;

  /** The election that was joined last: of a page with several accounts, the one in use. */
  const current = () => [...elections.values()].at(-1);

  // Before any election listens, which ends then. Chromium calls a window's listeners in the order in which they came,
  // whether they capture or not.
  let ledLast = false;
  start('the watch on the end of the page', () => {
    globalThis.addEventListener?.('pagehide', () => {
      ledLast = current()?.role === 'leader';
    });
  });

  const describe = (): Tab => {
    const election = current();
    const { counts, entries } = evidence();
    return {
      id,
      thisTab: true,
      role: election?.role ?? null,
      since: election ? isoOf(election.since) : null,
      opened,
      visible: isVisible(),
      counts,
      entries,
    };
  };

  const roll = () => {
    rollCall ??= createRollCall(
      id,
      describe,
      () => current()?.name ?? null,
      () => ledLast,
      redact,
      onChange,
      start,
    );
    return rollCall;
  };

  const enter = () => {
    if (rollCall) return;
    roll().announce();
  };

  /** Not in the way of a hand-over, nor of the end of a page. */
  const announceSoon = () => void later(() => rollCall?.announce());

  return {
    enter,
    lead(options) {
      const name = options.name ?? 'session';
      const known = elections.get(name);
      const handleRole = (role: TabRole) => {
        announceSoon();
        // The leader before went without a word: who is there now?
        if (role === 'leader') later(() => void rollCall?.call(), SETTLE_MS);
        onChange();
      };
      const handleEmpty = () => {
        elections.delete(name);
        announceSoon();
        onChange();
      };
      const election = known ?? new Election(name, id, create, handleRole, handleEmpty, onChange, start);
      // The one joined last stands last.
      elections.delete(name);
      elections.set(name, election);
      enter();
      roll().hideLast();
      // From now on it belongs to this session, whatever it is to it.
      if (!known) announceSoon();
      onChange();
      return election.join(options);
    },
    async call() {
      await roll().call();
      called = true;
    },
    status() {
      if (!called || !rollCall) return null;
      const { others, error } = rollCall.last();
      const solo =
        current()?.role === 'solo'
          ? 'this browser holds no elections (Web Locks are missing, or the diagnostics do not run)'
          : null;
      return {
        session: current()?.name ?? null,
        tabs: [{ ...describe(), entries: [] }, ...others],
        leaderSilent: current()?.leaderSilent ?? false,
        error: error ?? solo,
      };
    },
    summary() {
      const roll = rollCall?.last();
      const { role = null, leaderSilent = false } = current() ?? {};
      return { role, count: roll?.error === null ? 1 + roll.others.length : null, leaderSilent };
    },
  };
}

function isVisible(): boolean | null {
  try {
    return typeof document === 'object' ? document.visibilityState === 'visible' : null;
  } catch {
    return null;
  }
}

function random(): number {
  try {
    return Math.random();
  } catch {
    return steady() % 1;
  }
}

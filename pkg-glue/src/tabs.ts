// This tab among the other tabs of its session. The module runs the election and the roll call
// (`crate/capture/src/tabs.rs`); this file holds what hosts see of them, and what still works without the module.

import type { PageTabs } from '../wasm/capture/lotus_crypto_diag.js';
import type { Start } from './capture-status';
import { isoOf } from './clock';
import { End, type EndSignal, untilEnd } from './end';
import type { Evidences, TabRole, Tabs } from './generated/model';

export interface TabLeadershipOptions {
  /** Name of the session, such as `@user:server DEVICE`: tabs of other sessions do not count. */
  name?: string;
  /**
   * Reads the name of the session that is stored now, in the form of `name`; `null` if nobody is logged in. If the
   * session was logged out or replaced while this tab waited, the tab reloads and never leads.
   */
  readName?: () => string | null;
  /** Called with every new role, before anything else reacts to it. */
  onChange?: (role: TabRole) => void;
  /**
   * Whether this tab, as the leader, may hand over to a tab that asks: `true`, or the reason why not, such as "in a
   * call". By default, a frame of the document with a call in it is a reason not to.
   */
  canYield?: () => true | string | Promise<true | string>;
  /** Shuts this tab's client down. The other tab starts once this is done. */
  onYield?: () => unknown;
  /** Aborting it releases the leadership. */
  signal?: AbortSignal;
}

export interface TakeOverResult {
  granted: boolean;
  /** Why the other tab refused; `null` if this tab leads, or if the other tab does not respond. */
  reason: string | null;
}

export interface TabLeadership extends Disposable {
  /**
   * `leader`: this tab may open the crypto store. `follower`: another tab has it. `solo`: this browser holds no
   * elections.
   */
  readonly role: TabRole;
  /**
   * Whether the leader did not answer this tab's request to take over. Ends when the leader responds or this tab leads:
   * `subscribe` reports both.
   */
  readonly leaderSilent: boolean;
  /** Resolves when this tab may open the crypto store: as `leader` or `solo`. */
  whenLeader(): Promise<void>;
  /**
   * Asks the leader to hand over. A leader that does not respond within four seconds keeps the lead; closing its tab
   * hands over at once. Never rejects.
   */
  takeOver(): Promise<TakeOverResult>;
  /** Gives up the lead and leaves the election. Safe to call twice. */
  release(): void;
  /** @returns the undo */
  subscribe(listener: () => void): () => void;
}

/**
 * For a view: this tab's role, how many tabs there are (`null`: the others were not asked, or could not be), and
 * whether the leader does not respond to this tab.
 */
export type TabsSummary = { role: TabRole | null; count: number | null; leaderSilent: boolean };

/** A membership in an election, as the module returns it. */
export type TabSeat = { seat: number; role: TabRole; leaderSilent: boolean };

export interface TabsHere {
  lead(options: TabLeadershipOptions): TabLeadership;
  /** Answers roll calls from now on. */
  enter(): void;
  /** What is known about the session's tabs; `null` before the first roll call. */
  status(): Tabs | null;
  /** Calls the roll: asks the other tabs. Never rejects. */
  call(): Promise<void>;
  summary(): TabsSummary;
}

/** Calls the module, instantiating it if needed; returns `undefined` if it does not run. */
type Use = <T>(call: (tabs: PageTabs) => T) => T | undefined;

const ALONE = 'this browser holds no elections (Web Locks are missing, or the diagnostics do not run)';
const BROKEN = 'the diagnostics of this tab broke: reload it';

/** The object that a host holds. The module reports every change to it. */
export class TabMember implements TabLeadership {
  role: TabRole = 'follower';
  leaderSilent = false;
  private readonly listeners = new Set<() => void>();
  private isReleased = false;

  constructor(
    private readonly options: TabLeadershipOptions,
    private readonly ask: () => Promise<TakeOverResult>,
    private readonly leave: () => void,
  ) {
    const { signal } = options;
    if (signal?.aborted) queueMicrotask(() => this.release());
    else signal?.addEventListener('abort', () => this.release(), { once: true });
  }

  whenLeader(): Promise<void> {
    return new Promise((resolve) => {
      const settle = () => {
        if (this.role === 'follower') return;
        undo();
        resolve();
      };
      const undo = this.subscribe(settle);
      settle();
    });
  }

  takeOver(): Promise<TakeOverResult> {
    return this.isReleased ? Promise.resolve({ granted: false, reason: 'this tab takes no part' }) : this.ask();
  }

  release(): void {
    if (this.isReleased) return;
    this.isReleased = true;
    this.leave();
    Object.assign(this, { role: 'follower', leaderSilent: false });
  }

  [Symbol.dispose](): void {
    this.release();
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  changed(role: TabRole): void {
    Object.assign(this, { role: this.isReleased ? 'follower' : role, leaderSilent: false });
    this.tell(() => this.options.onChange?.(role));
  }

  silenced(isSilent: boolean): void {
    this.leaderSilent = isSilent && !this.isReleased;
    this.tell();
  }

  private tell(...first: (() => void)[]): void {
    for (const tell of [...first, ...this.listeners]) {
      try {
        tell();
      } catch {
        // A listener's exception is the host's problem; the other listeners are still called.
      }
    }
  }
}

/**
 * Also observes the end of the lock: once the module is broken, nothing else tells a leader that foreign code stole its
 * lock.
 */
class PartyEnd extends End {
  constructor(private readonly onLockEnd: () => void) {
    super();
  }

  asked(lock: PromiseLike<unknown>): void {
    lock.then(this.onLockEnd, this.onLockEnd);
  }
}

/** All members of one election in this page. `end` releases their lock without the module. */
interface Party {
  readonly members: Set<TabMember>;
  readonly end: PartyEnd;
}

/** `signal` aborts when the module breaks. */
export function createTabs(
  call: Use,
  opened: number,
  evidence: () => Evidences,
  onChange: () => void,
  signal: EndSignal,
  start: Start,
): TabsHere {
  const parties = new Map<string, Party>();
  let isUsed = false;
  let isCalled = false;
  let known: Tabs | undefined;
  let count: number | null = null;

  /** After the module broke: nobody in the party leads or waits any more. */
  const close = ({ members, end }: Party) => {
    for (const member of members) {
      if (member.role === 'leader') member.changed('follower');
      else if (member.leaderSilent) member.silenced(false);
    }
    end.abort();
    onChange();
  };
  const closeIfBroken = () => {
    if (signal.aborted) for (const party of parties.values()) close(party);
  };
  signal.addEventListener('abort', () => {
    for (const party of parties.values()) {
      // A leader keeps leading until its page goes: a bug in the diagnostics must not end a call.
      if (![...party.members].some(({ role }) => role === 'leader')) close(party);
    }
  });
  const watchEnd = () => {
    const failure = call((tabs) => tabs.listen());
    // Added after the module's own listeners, because the module may break in them.
    globalThis.addEventListener?.('pagehide', closeIfBroken);
    globalThis.document?.addEventListener('freeze', closeIfBroken);
    if (failure) throw new Error(failure);
  };
  const use: Use = (ask) => {
    const isFirst = !isUsed;
    isUsed = true;
    if (isFirst) start('the watch on the end of the page', watchEnd);
    return call(ask);
  };
  /** The state without the module. All members of a party have the same role. */
  const alone = () => {
    const [name = null, party] = [...parties].at(-1) ?? [];
    const [member] = party?.members ?? [];
    return { name, role: member?.role ?? null };
  };

  return {
    lead(options) {
      const name = `${options.name ?? 'session'}`;
      const party: Party = parties.get(name) ?? {
        members: new Set(),
        end: new PartyEnd(() => signal.aborted && close(party)),
      };
      const [other] = party.members;
      // Keep the party in use last: `alone` reads the last one.
      parties.delete(name);
      parties.set(name, party);
      let joined: TabSeat | undefined;
      const ask = () => {
        const { seat } = joined ?? {};
        const asked = seat === undefined ? undefined : use((tabs) => tabs.takeOver(seat));
        return untilEnd(signal, asked, () => {
          const granted = member.role !== 'follower';
          return { granted, reason: granted ? null : BROKEN };
        });
      };
      const leave = () => {
        const { seat } = joined ?? {};
        if (seat !== undefined) use((tabs) => tabs.leave(seat));
        if (signal.aborted && party.members.size === 1) close(party);
        party.members.delete(member);
        if (party.members.size === 0) parties.delete(name);
        onChange();
      };
      const member: TabMember = new TabMember(options, ask, leave);
      joined = use((tabs) => tabs.join(name, options, member, party.end));
      const { role = other?.role ?? 'solo', leaderSilent = false } = joined ?? {};
      party.members.add(Object.assign(member, { role, leaderSilent }));
      onChange();
      return member;
    },
    enter: () => use((tabs) => tabs.enter()),
    async call() {
      await untilEnd(
        signal,
        use((tabs) => tabs.call()),
        () => {},
      );
      isCalled = true;
    },
    status() {
      if (!isCalled) return null;
      known = use((tabs) => tabs.status()) ?? known;
      if (known) return known;
      const { name, role } = alone();
      const [id, visible, since, { counts }] = ['alone', null, null, evidence()];
      const tab = { id, thisTab: true, role, since, opened: isoOf(opened), visible, counts, entries: [] };
      return { session: name, tabs: [tab], leaderSilent: false, error: ALONE };
    },
    summary() {
      if (!isUsed) return { role: null, count: null, leaderSilent: false };
      const told = use((tabs) => tabs.summary());
      count = told?.count ?? count;
      return told ?? { role: alone().role, count, leaderSilent: false };
    },
  };
}

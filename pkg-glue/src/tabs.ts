// This tab among the others of its session. The election and the roll call are in the wasm (`crate/capture/src/tabs.rs`): here
// is what hosts hold of them, and what is left of that where the wasm does not run.

import type { PageTabs } from '../wasm/capture/lotus_crypto_diag.js';
import type { Start } from './capture-status';
import { isoOf } from './clock';
import { End, type EndSignal, untilEnd } from './end';
import type { Evidences, TabRole, Tabs } from './generated/model';

export interface TabLeadershipOptions {
  /** Name of the session, as in `@user:server DEVICE`: tabs of other sessions do not count. */
  name?: string;
  /**
   * Reads the name of the stored session anew, in the form of `name`; `null` where nobody is logged in. A tab whose session
   * was logged out or replaced while it waited is loaded anew, and never leads.
   */
  readName?: () => string | null;
  /** Called with every new role, before anything else is done about it. */
  onChange?: (role: TabRole) => void;
  /**
   * Whether this tab, as the leader, may hand over to another that asks: `true`, or the reason why not, as in "in a
   * call". Without it, a frame of the document with a call in it is a reason.
   */
  canYield?: () => true | string | Promise<true | string>;
  /** Shuts the client of this tab down. The other tab starts when this is done. */
  onYield?: () => unknown;
  /** Releases when it is aborted. */
  signal?: AbortSignal;
}

export interface TakeOverResult {
  granted: boolean;
  /** Why the other tab goes on; `null` where this tab leads, and where the other tab does not respond. */
  reason: string | null;
}

export interface TabLeadership extends Disposable {
  /** `leader`: this tab may open the crypto store. `follower`: another has it. `solo`: this browser holds no elections. */
  readonly role: TabRole;
  /**
   * Whether the leader left it unanswered that this tab asked to take over. It is over when the leader responds, or this
   * tab leads: `subscribe` tells of both.
   */
  readonly leaderSilent: boolean;
  /** When this tab may open the crypto store, as the leader or on its own. */
  whenLeader(): Promise<void>;
  /**
   * Asks the leader to hand over. One that does not respond within four seconds keeps the lead: closing it hands over at
   * once. Never rejects.
   */
  takeOver(): Promise<TakeOverResult>;
  /** Lets go, and takes no part any more. Safe to call twice. */
  release(): void;
  /** @returns the undo */
  subscribe(listener: () => void): () => void;
}

/**
 * For a view: the role of this tab, how many there are (`null` where the others were not asked, or could not be), and
 * whether the leader does not respond to this one.
 */
export type TabsSummary = { role: TabRole | null; count: number | null; leaderSilent: boolean };

/** A part in an election, as the wasm gives it. */
export type TabSeat = { seat: number; role: TabRole; leaderSilent: boolean };

export interface TabsHere {
  lead(options: TabLeadershipOptions): TabLeadership;
  /** Answers roll calls from now on. */
  enter(): void;
  /** What is known of the session's tabs now; `null` before a roll was called. */
  status(): Tabs | null;
  /** Asks the other tabs. Never rejects. */
  call(): Promise<void>;
  summary(): TabsSummary;
}

/** Calls the wasm, which is instantiated by that; gives nothing where it does not run. */
type Use = <T>(call: (tabs: PageTabs) => T) => T | undefined;

const ALONE = 'this browser holds no elections (Web Locks are missing, or the diagnostics do not run)';
const BROKEN = 'the diagnostics of this tab broke: reload it';

/** What a host holds. The wasm tells it of every change. */
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
        // The host's own affair; the others are told.
      }
    }
  }
}

/** Hears where a lock ends, too: a leader whose wasm broke is told by nobody else that foreign code took it. */
class PartyEnd extends End {
  constructor(private readonly onLockEnd: () => void) {
    super();
  }

  asked(lock: PromiseLike<unknown>): void {
    lock.then(this.onLockEnd, this.onLockEnd);
  }
}

/** All that take part in one election here. `end` lets its lock go without the wasm. */
interface Party {
  readonly members: Set<TabMember>;
  readonly end: PartyEnd;
}

/** `signal` tells that the wasm broke. */
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

  /** Where the wasm broke, nobody leads and nobody waits any more. */
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
      // A leader goes on until its page goes: no fault of the diagnostics ends a call.
      if (![...party.members].some(({ role }) => role === 'leader')) close(party);
    }
  });
  const watchEnd = () => {
    const failure = call((tabs) => tabs.listen());
    // After those of the wasm, which may break there.
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
  /** Without the wasm. Everybody in a party has the same role. */
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
      // The one in use stands last.
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

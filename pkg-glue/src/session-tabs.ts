// This tab among the other tabs of its session. The wasm runs the election and the roll call
// (`crate/capture/src/tabs.rs`); this file holds what still works without it.

import type { PageTabs } from '../wasm/capture/lotus_crypto_diag.js';
import type { Start } from './capture-status';
import { isoOf } from './clock';
import { End, type EndSignal, untilEnd } from './end';
import type { TabSeat, TabsSummary } from './generated/glue';
import type { Evidences, Tabs } from './generated/model';
import type { Use } from './guarded-engine';
import { type TabLeadership, type TabLeadershipOptions, TabMember, type TakeOverResult } from './tabs';

const NO_ELECTIONS = 'this browser holds no elections (Web Locks are missing, or the diagnostics do not run)';
const BROKEN = 'the diagnostics of this tab broke: reload it';

/**
 * Also observes the end of the lock: once the wasm is broken, nothing else tells a leader that foreign code stole its
 * lock.
 */
class ElectionEnd extends End {
  constructor(private readonly onLockEnd: () => void) {
    super();
  }

  asked(lock: PromiseLike<unknown>): void {
    lock.then(this.onLockEnd, this.onLockEnd);
  }
}

/** All members of one election in this page. `end` releases their lock without the wasm. */
interface Election {
  readonly members: Set<TabMember>;
  readonly end: ElectionEnd;
}

export class SessionTabs {
  private readonly elections = new Map<string, Election>();
  private isUsed = false;
  private isRollCalled = false;
  private lastStatus: Tabs | undefined;
  private count: number | null = null;

  /** `callWasm` instantiates the wasm if needed. `signal` aborts when the wasm breaks. */
  constructor(
    private readonly callWasm: Use<PageTabs>,
    private readonly opened: number,
    private readonly evidence: () => Evidences,
    private readonly onChange: () => void,
    private readonly signal: EndSignal,
    private readonly start: Start,
  ) {
    signal.addEventListener('abort', () => {
      for (const election of this.elections.values()) {
        // A leader keeps leading until its page goes: a bug in the diagnostics must not end a call.
        if (![...election.members].some(({ role }) => role === 'leader')) this.close(election);
      }
    });
  }

  joinElection(options: TabLeadershipOptions): TabLeadership {
    const name = `${options.name ?? 'session'}`;
    const election = this.electionOf(name);
    const [other] = election.members;
    let seat: TabSeat | undefined;
    const member: TabMember = new TabMember(
      options,
      () => this.takeOver(member, seat),
      () => this.leave(name, election, member, seat),
    );
    seat = this.use((tabs) => tabs.join(name, options, member, election.end));
    const { role = other?.role ?? 'solo', leaderSilent = false } = seat ?? {};
    election.members.add(Object.assign(member, { role, leaderSilent }));
    this.onChange();
    return member;
  }

  /** Answers roll calls from now on. */
  enter(): void {
    this.use((tabs) => tabs.enter());
  }

  /** Asks the other tabs. Never rejects. */
  async callRoll(): Promise<void> {
    await untilEnd(
      this.signal,
      this.use((tabs) => tabs.call()),
      () => {},
    );
    this.isRollCalled = true;
  }

  /** What is known about the session's tabs; `null` before the first roll call. */
  status(): Tabs | null {
    if (!this.isRollCalled) return null;
    this.lastStatus = this.use((tabs) => tabs.status()) ?? this.lastStatus;
    if (this.lastStatus) return this.lastStatus;
    const { name, role } = this.stateWithoutWasm();
    const [id, visible, since, opened, { counts }] = ['alone', null, null, isoOf(this.opened), this.evidence()];
    const tab = { id, thisTab: true, role, since, opened, visible, counts, entries: [] };
    return { session: name, tabs: [tab], leaderSilent: false, error: NO_ELECTIONS };
  }

  /** The same, for a view. */
  summary(): TabsSummary {
    if (!this.isUsed) return { role: null, count: null, leaderSilent: false };
    const summary = this.use((tabs) => tabs.summary());
    this.count = summary?.count ?? this.count;
    return summary ?? { role: this.stateWithoutWasm().role, count: this.count, leaderSilent: false };
  }

  /** Keeps the election in use last: `stateWithoutWasm` reads the last one. */
  private electionOf(name: string): Election {
    const existing = this.elections.get(name);
    const election: Election = existing ?? {
      members: new Set(),
      end: new ElectionEnd(() => this.signal.aborted && this.close(election)),
    };
    this.elections.delete(name);
    this.elections.set(name, election);
    return election;
  }

  private takeOver(member: TabMember, joined: TabSeat | undefined): Promise<TakeOverResult> {
    const takingOver = joined && this.use((tabs) => tabs.takeOver(joined.seat));
    return untilEnd(this.signal, takingOver, () => {
      const granted = member.role !== 'follower';
      return { granted, reason: granted ? null : BROKEN };
    });
  }

  private leave(name: string, election: Election, member: TabMember, joined: TabSeat | undefined): void {
    if (joined) this.use((tabs) => tabs.leave(joined.seat));
    if (this.signal.aborted && election.members.size === 1) this.close(election);
    election.members.delete(member);
    if (election.members.size === 0) this.elections.delete(name);
    this.onChange();
  }

  private readonly use: Use<PageTabs> = (call) => {
    const isFirst = !this.isUsed;
    this.isUsed = true;
    if (isFirst) this.start('the watch on the end of the page', () => this.watchEnd());
    return this.callWasm(call);
  };

  private watchEnd(): void {
    const failure = this.callWasm((tabs) => tabs.listen());
    const closeIfBroken = () => {
      if (this.signal.aborted) for (const election of this.elections.values()) this.close(election);
    };
    // Added after the wasm's own listeners, because the wasm may break in them.
    globalThis.addEventListener?.('pagehide', closeIfBroken);
    globalThis.document?.addEventListener('freeze', closeIfBroken);
    if (failure) throw new Error(failure);
  }

  /** After the wasm broke: no member of the election leads or waits any more. */
  private close({ members, end }: Election): void {
    for (const member of members) {
      if (member.role === 'leader') member.changed('follower');
      else if (member.leaderSilent) member.silenced(false);
    }
    end.abort();
    this.onChange();
  }

  /** The state without the wasm. All members of an election have the same role. */
  private stateWithoutWasm() {
    const [name = null, election] = [...this.elections].at(-1) ?? [];
    const [member] = election?.members ?? [];
    return { name, role: member?.role ?? null };
  }
}

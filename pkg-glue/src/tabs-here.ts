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

const ALONE = 'this browser holds no elections (Web Locks are missing, or the diagnostics do not run)';
const BROKEN = 'the diagnostics of this tab broke: reload it';

/**
 * Also observes the end of the lock: once the wasm is broken, nothing else tells a leader that foreign code stole its
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

/** All members of one election in this page. `end` releases their lock without the wasm. */
interface Party {
  readonly members: Set<TabMember>;
  readonly end: PartyEnd;
}

export class TabsHere {
  private readonly parties = new Map<string, Party>();
  private isUsed = false;
  private isCalled = false;
  private known: Tabs | undefined;
  private count: number | null = null;

  /** `askWasm` instantiates the wasm if needed. `signal` aborts when the wasm breaks. */
  constructor(
    private readonly askWasm: Use<PageTabs>,
    private readonly opened: number,
    private readonly evidence: () => Evidences,
    private readonly onChange: () => void,
    private readonly signal: EndSignal,
    private readonly start: Start,
  ) {
    signal.addEventListener('abort', () => {
      for (const party of this.parties.values()) {
        // A leader keeps leading until its page goes: a bug in the diagnostics must not end a call.
        if (![...party.members].some(({ role }) => role === 'leader')) this.close(party);
      }
    });
  }

  lead(options: TabLeadershipOptions): TabLeadership {
    const name = `${options.name ?? 'session'}`;
    const party = this.partyOf(name);
    const [other] = party.members;
    let seat: TabSeat | undefined;
    const member: TabMember = new TabMember(
      options,
      () => this.takeOver(member, seat),
      () => this.leave(name, party, member, seat),
    );
    seat = this.use((tabs) => tabs.join(name, options, member, party.end));
    const { role = other?.role ?? 'solo', leaderSilent = false } = seat ?? {};
    party.members.add(Object.assign(member, { role, leaderSilent }));
    this.onChange();
    return member;
  }

  /** Answers roll calls from now on. */
  enter(): void {
    this.use((tabs) => tabs.enter());
  }

  /** Asks the other tabs. Never rejects. */
  async call(): Promise<void> {
    await untilEnd(
      this.signal,
      this.use((tabs) => tabs.call()),
      () => {},
    );
    this.isCalled = true;
  }

  /** What is known about the session's tabs; `null` before the first roll call. */
  status(): Tabs | null {
    if (!this.isCalled) return null;
    this.known = this.use((tabs) => tabs.status()) ?? this.known;
    if (this.known) return this.known;
    const { name, role } = this.alone();
    const [id, visible, since, opened, { counts }] = ['alone', null, null, isoOf(this.opened), this.evidence()];
    const tab = { id, thisTab: true, role, since, opened, visible, counts, entries: [] };
    return { session: name, tabs: [tab], leaderSilent: false, error: ALONE };
  }

  /** The same, for a view. */
  summary(): TabsSummary {
    if (!this.isUsed) return { role: null, count: null, leaderSilent: false };
    const told = this.use((tabs) => tabs.summary());
    this.count = told?.count ?? this.count;
    return told ?? { role: this.alone().role, count: this.count, leaderSilent: false };
  }

  /** Keeps the party in use last: `alone` reads the last one. */
  private partyOf(name: string): Party {
    const known = this.parties.get(name);
    const party: Party = known ?? {
      members: new Set(),
      end: new PartyEnd(() => this.signal.aborted && this.close(party)),
    };
    this.parties.delete(name);
    this.parties.set(name, party);
    return party;
  }

  private takeOver(member: TabMember, joined: TabSeat | undefined): Promise<TakeOverResult> {
    const asked = joined && this.use((tabs) => tabs.takeOver(joined.seat));
    return untilEnd(this.signal, asked, () => {
      const granted = member.role !== 'follower';
      return { granted, reason: granted ? null : BROKEN };
    });
  }

  private leave(name: string, party: Party, member: TabMember, joined: TabSeat | undefined): void {
    if (joined) this.use((tabs) => tabs.leave(joined.seat));
    if (this.signal.aborted && party.members.size === 1) this.close(party);
    party.members.delete(member);
    if (party.members.size === 0) this.parties.delete(name);
    this.onChange();
  }

  private readonly use: Use<PageTabs> = (ask) => {
    const isFirst = !this.isUsed;
    this.isUsed = true;
    if (isFirst) this.start('the watch on the end of the page', () => this.watchEnd());
    return this.askWasm(ask);
  };

  private watchEnd(): void {
    const failure = this.askWasm((tabs) => tabs.listen());
    const closeIfBroken = () => {
      if (this.signal.aborted) for (const party of this.parties.values()) this.close(party);
    };
    // Added after the wasm's own listeners, because the wasm may break in them.
    globalThis.addEventListener?.('pagehide', closeIfBroken);
    globalThis.document?.addEventListener('freeze', closeIfBroken);
    if (failure) throw new Error(failure);
  }

  /** After the wasm broke: no member of the party leads or waits any more. */
  private close({ members, end }: Party): void {
    for (const member of members) {
      if (member.role === 'leader') member.changed('follower');
      else if (member.leaderSilent) member.silenced(false);
    }
    end.abort();
    this.onChange();
  }

  /** The state without the wasm. All members of a party have the same role. */
  private alone() {
    const [name = null, party] = [...this.parties].at(-1) ?? [];
    const [member] = party?.members ?? [];
    return { name, role: member?.role ?? null };
  }
}

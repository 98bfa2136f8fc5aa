// This tab among the others of its session. The election and the roll call are in the wasm (`crate/capture/src/tabs.rs`): here
// is what is left of them where the wasm does not run.

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

export class TabsHere {
  private readonly parties = new Map<string, Party>();
  private isUsed = false;
  private isCalled = false;
  private known: Tabs | undefined;
  private count: number | null = null;

  /** `askWasm` instantiates it. `signal` tells that the wasm broke. */
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
        // A leader goes on until its page goes: no fault of the diagnostics ends a call.
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

  /** What is known of the session's tabs now; `null` before a roll was called. */
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

  /** The one in use stands last. */
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
    // After those of the wasm, which may break there.
    globalThis.addEventListener?.('pagehide', closeIfBroken);
    globalThis.document?.addEventListener('freeze', closeIfBroken);
    if (failure) throw new Error(failure);
  }

  /** Where the wasm broke, nobody leads and nobody waits any more. */
  private close({ members, end }: Party): void {
    for (const member of members) {
      if (member.role === 'leader') member.changed('follower');
      else if (member.leaderSilent) member.silenced(false);
    }
    end.abort();
    this.onChange();
  }

  /** Without the wasm. Everybody in a party has the same role. */
  private alone() {
    const [name = null, party] = [...this.parties].at(-1) ?? [];
    const [member] = party?.members ?? [];
    return { name, role: member?.role ?? null };
  }
}

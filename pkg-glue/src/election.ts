// The one leader among the tabs of a session. The rules are in the wasm; here is what the host sees of it.

import { explain } from './bounded';
import type { Start } from './capture-status';
import { now } from './clock';
import { End, type EndSignal } from './end';
import type { TabRole } from './generated/model';
import { yieldsUnlessInCall } from './in-call';

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

/** The part of the wasm: see `TabElection`. `false`: it is broken. */
export interface Machine {
  takeOver(): boolean;
  decided(refusal: string | undefined): boolean;
  down(): boolean;
  release(): boolean;
  free(): boolean;
}

export type Host = (what: string, text: string) => void;

export type CreateMachine = (name: string, id: string, host: Host, signal: EndSignal) => Machine | undefined;

const BROKEN = 'the diagnostics of this tab broke: reload it';

/** The election of one session, in this page: shared by everybody who takes part in it here. */
export class Election {
  role: TabRole = 'follower';
  since = now();
  leaderSilent = false;
  private readonly members = new Set<Member>();
  private readonly wishes = new Set<(result: TakeOverResult) => void>();
  /** Lets go of the lock, and of all that the wasm holds of the page. */
  private readonly end = new End();
  private machine: Machine | undefined;
  /** How often another tab asked for the lead. */
  private questions = 0;

  constructor(
    readonly name: string,
    id: string,
    create: CreateMachine,
    private readonly onRole: (role: TabRole) => void,
    private readonly onEmpty: () => void,
    private readonly onSilence: () => void,
    start: Start,
  ) {
    this.machine = create(name, id, (what, text) => this.handle(what, text), this.end);
    // Another tab logs out or in.
    const handleStorage = () => void (this.role === 'follower' && this.reloadIfStale());
    start('the watch on other logins', () => {
      globalThis.addEventListener?.('storage', handleStorage);
      this.end.addEventListener('abort', () => globalThis.removeEventListener?.('storage', handleStorage));
    });
    if (!this.machine) this.change('solo');
  }

  join(options: TabLeadershipOptions): TabLeadership {
    const member = new Member(this, options);
    this.members.add(member);
    return member;
  }

  leave(member: Member): void {
    if (this.members.size === 1) {
      this.machine?.release();
      // The last one is told that it leads no more before the lock is let go.
      this.close();
    }
    if (!this.members.delete(member) || this.members.size > 0) return;
    const { machine } = this;
    this.machine = undefined;
    // Not from inside a call of it.
    queueMicrotask(() => machine?.free());
    this.onEmpty();
  }

  takeOver(): Promise<TakeOverResult> {
    return new Promise((resolve) => {
      this.wishes.add(resolve);
      if (this.role === 'solo') this.answer(true);
      else if (!this.machine?.takeOver()) this.answer(this.role === 'leader', BROKEN);
    });
  }

  private handle(what: string, text: string): void {
    if (what === 'role') this.change(text as TabRole);
    else if (what === 'silent' || what === 'responds') this.note(what === 'silent');
    else if (what === 'ask') void this.decide();
    else if (what === 'shutdown') void this.shutDown();
    else if (what === 'granted') this.answer(true);
    else if (what === 'refused') this.answer(false, text);
    else if (what === 'silence') this.answer(false);
    else if (what === 'broken') {
      this.answer(false, BROKEN);
      // A leader goes on until the lock is taken or the page goes: no fault of the diagnostics ends a call.
      if (text === 'lost' || this.role !== 'leader') this.close();
    }
  }

  private answer(granted: boolean, refusal: string | null = null): void {
    const result = { granted, reason: granted ? null : refusal };
    for (const resolve of this.wishes) resolve(result);
    this.wishes.clear();
  }

  private close(): void {
    if (this.role === 'leader') this.change('follower');
    this.note(false);
    this.end.abort();
  }

  private reloadIfStale(): boolean {
    const isStale = [...this.members].some((member) => member.isStale());
    if (!isStale) return false;
    // Whatever keeps the page from going, it does not keep the lock.
    this.machine?.release();
    location.reload();
    return true;
  }

  private change(role: TabRole): void {
    if (role !== 'follower' && this.reloadIfStale()) return;
    this.role = role;
    this.since = now();
    // It was about another leader.
    this.leaderSilent = false;
    for (const member of [...this.members]) member.changed(role);
    this.onRole(role);
  }

  private note(leaderSilent: boolean): void {
    if (this.leaderSilent === leaderSilent) return;
    this.leaderSilent = leaderSilent;
    for (const member of [...this.members]) member.tell();
    this.onSilence();
  }

  private async decide(): Promise<void> {
    this.questions += 1;
    const question = this.questions;
    const answers = await Promise.all([...this.members].map((member) => member.canYield()));
    // Whoever asked was told no meanwhile, and it is another tab that asks now: what a person answered is not for it.
    if (question !== this.questions) return;
    const refusal = answers.find((answer) => answer !== true);
    this.machine?.decided(refusal === undefined ? undefined : String(refusal || 'it is busy'));
  }

  private async shutDown(): Promise<void> {
    await Promise.all([...this.members].map((member) => member.yield()));
    if (this.machine?.down() === false) this.close();
  }
}

class Member implements TabLeadership {
  private readonly listeners = new Set<() => void>();
  private released = false;
  /** Whether the stored session can be compared: a host whose two names never agree would be loaded for ever. */
  private readonly isComparable: boolean;

  constructor(
    private readonly election: Election,
    private readonly options: TabLeadershipOptions,
  ) {
    this.isComparable = options.readName !== undefined && this.isStored();
    const { signal } = options;
    if (signal?.aborted) queueMicrotask(() => this.release());
    else signal?.addEventListener('abort', () => this.release(), { once: true });
  }

  get role(): TabRole {
    return this.released ? 'follower' : this.election.role;
  }

  get leaderSilent(): boolean {
    return !this.released && this.election.leaderSilent;
  }

  whenLeader(): Promise<void> {
    return new Promise((resolve) => {
      const settle = () => {
        if (this.role === 'follower') return false;
        resolve();
        return true;
      };
      if (settle()) return;
      const undo = this.subscribe(() => {
        if (settle()) undo();
      });
    });
  }

  takeOver(): Promise<TakeOverResult> {
    if (this.released) return Promise.resolve({ granted: false, reason: 'this tab takes no part' });
    return this.election.takeOver();
  }

  release(): void {
    if (this.released) return;
    this.released = true;
    this.election.leave(this);
  }

  [Symbol.dispose](): void {
    this.release();
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  changed(role: TabRole): void {
    this.tell(() => this.options.onChange?.(role));
  }

  tell(...first: (() => void)[]): void {
    for (const tell of [...first, ...this.listeners]) {
      try {
        tell();
      } catch {
        // The host's own affair; the others are told.
      }
    }
  }

  /** Whether the session that this page was loaded for is not the stored one any more. */
  isStale(): boolean {
    return this.isComparable && !this.isStored();
  }

  private isStored(): boolean {
    try {
      return this.options.readName?.() === this.election.name;
    } catch {
      // A host that fails to read its session is left alone.
      return true;
    }
  }

  async canYield(): Promise<true | string> {
    try {
      return (await (this.options.canYield ?? yieldsUnlessInCall)()) ?? true;
    } catch (error) {
      return explain(error);
    }
  }

  /** A host that fails to shut down in good order has shut down nevertheless, as far as can be known. */
  async yield(): Promise<void> {
    try {
      await this.options.onYield?.();
    } catch {
      // Its own affair.
    }
  }
}

// What hosts hold of an election among the tabs of a session. The election itself is in the wasm: see
// `crate/capture/src/tabs.rs`.

import type { TabRole } from './generated/model';

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

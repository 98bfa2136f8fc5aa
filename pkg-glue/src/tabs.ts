// What hosts see of an election among the tabs of a session. The election itself runs in the module: see
// `crate/capture/src/tabs.rs`.

import type { TabRole } from './generated/model';

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

/** The object that a host holds. The module reports every change to it. */
export class TabMember implements TabLeadership {
  role: TabRole = 'follower';
  leaderSilent = false;
  private readonly listeners = new Set<() => void>();
  private isReleased = false;

  constructor(
    private readonly options: TabLeadershipOptions,
    private readonly requestTakeOver: () => Promise<TakeOverResult>,
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
    return this.isReleased
      ? Promise.resolve({ granted: false, reason: 'this tab takes no part' })
      : this.requestTakeOver();
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
    this.notify(() => this.options.onChange?.(role));
  }

  silenced(isSilent: boolean): void {
    this.leaderSilent = isSilent && !this.isReleased;
    this.notify();
  }

  private notify(...first: (() => void)[]): void {
    for (const listener of [...first, ...this.listeners]) {
      try {
        listener();
      } catch {
        // A listener's exception is the host's problem; the other listeners are still called.
      }
    }
  }
}

import type { Refusal } from 'lotus-crypto-diag';

/** A request to the homeserver, as a HAR file or the homeserver's own log tells it. */
export type Timed = {
  /** Milliseconds since 1970 in UTC, of its start. */
  at: number;
  durationMs: number;
  method: string;
  /** As in a report: from `/_matrix/` on, every id in it replaced by `{id}`. */
  path: string;
  /** HTTP status; 0: no answer came. */
  status: number;
  /** The homeserver's name for it: `POST-123`. */
  request?: string;
  /** The line of the log, where it is more than ordinary. */
  text?: string;
  refusal?: Refusal;
  /** Of an upload of keys that failed otherwise. */
  errcode?: string;
};

/** Beyond so many requests of one file, an even share of them is kept. */
const MOST = 200_000;

/** Gathers requests; when there are too many, every second of them goes, and from then on only every second is taken. */
export class Requests {
  readonly kept: Timed[] = [];
  seen = 0;
  private step = 1;

  add(request: Timed): void {
    this.seen += 1;
    // What failed is evidence and is kept in any case; of what went well a share shows how fast the server was.
    const isOrdinary = request.status >= 200 && request.status < 400;
    if (isOrdinary && this.seen % this.step !== 0) return;
    this.kept.push(request);
    if (this.kept.length >= MOST) this.thin();
  }

  get isThinned(): boolean {
    return this.step > 1;
  }

  private thin(): void {
    const half = this.kept.filter((_, index) => index % 2 === 0);
    this.kept.length = 0;
    for (const request of half) this.kept.push(request);
    this.step *= 2;
  }
}

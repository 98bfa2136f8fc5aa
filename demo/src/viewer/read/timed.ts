import type { Refusal } from 'lotus-crypto-diag';

/** A request to the homeserver, as a HAR file or the homeserver's own log tells it. */
export type Timed = {
  /** Milliseconds since 1970 in UTC, of its start. */
  at: number;
  durationMs: number;
  method: string;
  /** From `/_matrix/` on, every id in it replaced by `{id}`. */
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

const PARENTS =
  /^(?:rooms|delayed_events|devices|dehydrated_device|user|profile|filter|join|knock|event|context|redact|receipt|relations|members|typing|whois|threepid|roomid|hierarchy|presence|timestamp_to_event|download|thumbnail)$/;
const WORD = /^(?:v\d+|r0|unstable|[a-z][A-Za-z_]*(?:\.[a-z_]+)*(?:[._]msc\d+\w*)?)$/;
const WITH_TRANSACTION = /^(?:send|sendToDevice)$/;

/** The long poll of `/sync`, and media: how long these last says nothing of the homeserver. */
export const isLongByNature = (path: string): boolean => /\/sync$|\/media\//.test(path);

/** A path with its ids replaced by `{id}`; `null` where it is no request of the Matrix client API. */
export function pathTemplate(urlOrPath: string): string | null {
  const start = urlOrPath.indexOf('/_matrix/');
  if (start < 0) return null;
  const path = urlOrPath.slice(start + 1).split(/[?#]/, 1)[0] ?? '';
  const segments = path.split('/');
  const template = segments.map((segment, index) => {
    const isTransaction = index > 1 && WITH_TRANSACTION.test(segments[index - 2] ?? '');
    const isId = isTransaction || PARENTS.test(segments[index - 1] ?? '') || !WORD.test(segment);
    return isId && index > 0 && segment !== '' ? '{id}' : segment;
  });
  return `/${template.join('/')}`;
}

import { JSONParser } from '@streamparser/json';
import type { Entry } from 'har-format';
import { readRefusal, requestPath } from 'lotus-crypto-diag/diagnosis';

import { blank, type Content, count, Unreadable } from './outcome';
import { Requests, type Timed } from './timed';

/** A HAR file has this near its beginning; what comes first in `log` differs from browser to browser. */
export const looksLikeHar = (head: string): boolean =>
  /^\s*\{\s*"log"\s*:\s*\{/.test(head) && /"(?:entries|creator|pages|version|browser)"\s*:/.test(head);

/**
 * Reads the requests of a HAR file, one after the other: neither headers nor bodies are kept, and the file is never in
 * memory as a whole.
 */
export async function readHar(chunks: AsyncIterable<string>): Promise<Content> {
  const requests = new Requests();
  let seen = 0;
  let odd = 0;
  let problem = '';
  const parser = new JSONParser({ paths: ['$.log.entries.*'], keepStack: false, stringBufferSize: 64 * 1024 });
  parser.onValue = ({ value }) => {
    seen += 1;
    const request = timedOf(value as unknown as Entry);
    if (request === 'odd') odd += 1;
    else if (request) requests.add(request);
  };
  parser.onError = (error) => {
    problem ||= error.message;
  };
  for await (const chunk of chunks) {
    if (!parser.isEnded) parser.write(chunk);
    if (problem) break;
  }
  const isWhole = parser.isEnded && !problem;
  if (!isWhole && seen === 0) {
    throw new Unreadable(
      problem ? 'It is a HAR file, and broken from its beginning.' : 'It ends before its first request.',
    );
  }

  const content = blank('har');
  content.requests = requests.kept.sort((a, b) => a.at - b.at);
  content.summary = `HAR file: ${count(seen, 'request')}, ${requests.seen.toLocaleString('en')} of them timed requests to a homeserver.`;
  if (!isWhole) {
    content.notes.push(
      `${problem ? 'It is broken' : 'It ends in the middle'} after ${count(seen, 'request')}. What comes before that is used.`,
    );
  }
  if (odd > 0) content.notes.push(`${count(odd, 'entry is no request', 'entries are no requests')}; left out.`);
  if (requests.isThinned) content.notes.push(`An even share of ${count(requests.kept.length, 'request')} is used.`);
  return content;
}

function timedOf(entry: Entry): Timed | 'odd' | null {
  const url = entry?.request?.url;
  const at = Date.parse(entry?.startedDateTime);
  const durationMs = Number(entry?.time);
  if (typeof url !== 'string' || Number.isNaN(at) || !Number.isFinite(durationMs)) return 'odd';
  const path = requestPath(url);
  if (!path) return null;
  const status = Number.isInteger(entry.response?.status) ? Math.min(Math.max(entry.response.status, 0), 999) : 0;
  const timed: Timed = { at, durationMs: Math.max(0, durationMs), method: String(entry.request.method), path, status };
  if (status >= 400 && path.endsWith('/keys/upload')) {
    const { error, errcode } = errorOf(entry);
    const refusal = status === 400 ? readRefusal(error, status) : null;
    if (refusal) timed.refusal = refusal;
    else if (errcode) timed.errcode = errcode;
  }
  return timed;
}

/** What a Matrix error response says; Dendrite has no `error` of the whole, but one for each device. */
function errorOf(entry: Entry): { error: string; errcode: string } {
  try {
    const { text = '', encoding } = entry.response.content;
    const body = encoding === 'base64' ? atob(text) : text;
    const { error, errcode } = JSON.parse(body);
    return { error: String(error ?? body), errcode: /^M_[A-Z0-9_]{1,64}$/.exec(errcode)?.[0] ?? '' };
  } catch {
    return { error: '', errcode: '' };
  }
}

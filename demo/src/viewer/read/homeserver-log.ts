import { redactSecrets, requestPath } from 'lotus-crypto-diag/diagnosis';

import { ENDED, type LogRecord, recordOf } from './log-line';
import { blank, type Content, count } from './outcome';
import { linesOf } from './source';
import { Requests, type Timed } from './timed';

const PROCESSED = /Processed request: ([\d.]+)sec\/(-?[\d.]+)sec .*?\)\s+\S+B (\d{3})(!?) "([A-Z]+) (\S+) [^"]*"/;
/** What says something of one-time keys, to-device messages or delayed events, beside warnings and errors. */
const TELLING = /already exists|one.time.key|fallback.key|to.device|device_inbox|delayed.event/i;
/** Requests of which more is asked than how long they took: who sent them. */
const TELLING_PATH = /\/keys\/|\/sendToDevice\/|delayed_event/;
const MOST_LINES = 20_000;
const MOST_CHARACTERS = 4096;
const SLOW_MS = 1000;

export async function readLog(chunks: AsyncIterable<string>): Promise<Content> {
  const content = blank('log');
  const requests = new Requests();
  let seen = 0;
  let foreign = 0;
  let dropped = 0;
  for await (const lines of linesOf(chunks)) {
    for (const line of lines) {
      const record = recordOf(line);
      if (!record) {
        // Tracebacks and SQL go over several lines.
        foreign += 1;
        continue;
      }
      seen += 1;
      if (record.text.includes(ENDED)) {
        const request = requestOf(record);
        if (request) requests.add(request);
        continue;
      }
      const { at, level, request, text } = record;
      const isTelling = (level !== 'INFO' && level !== 'DEBUG') || TELLING.test(text);
      if (!isTelling) continue;
      if (content.lines.length >= MOST_LINES) {
        // The first half stays, of what follows the latest.
        content.lines.splice(MOST_LINES / 2, MOST_LINES / 4);
        dropped += MOST_LINES / 4;
      }
      content.lines.push({ at, ts: '', level, request, text: textOf(text) });
    }
  }
  content.requests = requests.kept.sort((a, b) => a.at - b.at);
  content.summary = `Homeserver log: ${count(seen, 'line')}, ${count(requests.seen, 'timed request')} and ${count(content.lines.length, 'telling line')}.`;
  if (foreign > seen) content.notes.push(`${count(foreign, 'line has', 'lines have')} no time; left out.`);
  if (dropped > 0) content.notes.push(`${count(dropped, 'telling line')} between the first and the latest left out.`);
  if (requests.isThinned) content.notes.push(`An even share of ${count(requests.kept.length, 'request')} is used.`);
  return content;
}

/** A token that somebody's proxy or module printed has no business here. */
const textOf = (text: string) => redactSecrets(text.slice(0, MOST_CHARACTERS));

function requestOf({ at: endedAt, request, text }: LogRecord): Timed | null {
  const [, processing, sending, status, lost, method = '', uri = ''] = PROCESSED.exec(text) ?? [];
  const path = requestPath(uri);
  if (!path || Number.isNaN(endedAt)) return null;
  // The client was gone before the answer: the time of sending is then -1.
  const durationMs = Math.round((Number(processing) + Math.max(0, Number(sending))) * 1000);
  const timed: Timed = {
    at: endedAt - durationMs,
    durationMs,
    method,
    path,
    status: lost ? 0 : Number(status),
  };
  if (request) timed.request = request;
  const isOrdinary = timed.status >= 200 && timed.status < 400 && durationMs < SLOW_MS;
  if (!isOrdinary || TELLING_PATH.test(uri)) timed.text = textOf(text);
  return timed;
}

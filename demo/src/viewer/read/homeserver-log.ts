import { blank, type Content, count } from './outcome';
import { readRefusal } from './refusal';
import { linesOf } from './source';
import { isLongByNature, pathTemplate, Requests, type Timed } from './timed';

/** Python's `asctime`, wherever in the line: before it may stand what grep, docker or the journal put there. */
const TIME = /(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)[,.](\d{3})/;
const LEVEL = /\b(DEBUG|INFO|WARNING|ERROR|CRITICAL)\b/;
const REQUEST = /\b((?:GET|PUT|POST|DELETE|OPTIONS|HEAD|PATCH)-\d+)\b/;
const ENDED = 'Processed request: ';
const PROCESSED = /Processed request: ([\d.]+)sec\/(-?[\d.]+)sec .*?\)\s+\S+B (\d{3})(!?) "([A-Z]+) (\S+) [^"]*"/;
/** What says something of one-time keys, to-device messages or delayed events, beside warnings and errors. */
const TELLING = /already exists|one.time.key|fallback.key|to.device|device_inbox|delayed.event/i;
/** Requests of which more is asked than how long they took: who sent them. */
const TELLING_PATH = /\/keys\/|\/sendToDevice\/|delayed_event/;
const MOST_LINES = 20_000;
const MOST_CHARACTERS = 4096;
const SLOW_MS = 1000;

/** Whether there is a line of Synapse's log in it. */
export const looksLikeLog = (head: string): boolean =>
  head
    .split('\n', 200)
    .some((line) => TIME.test(line.slice(0, 200)) && (LEVEL.test(line.slice(0, 300)) || line.includes(ENDED)));

export async function readLog(chunks: AsyncIterable<string>): Promise<Content> {
  const content = blank('log');
  const requests = new Requests();
  let seen = 0;
  let foreign = 0;
  let dropped = 0;
  for await (const lines of linesOf(chunks)) {
    for (const line of lines) {
      const time = TIME.exec(line.slice(0, 200));
      if (!time) {
        // Tracebacks and SQL go over several lines.
        foreign += 1;
        continue;
      }
      seen += 1;
      if (line.includes(ENDED)) {
        const request = requestOf(line, atOf(time));
        if (request) requests.add(request);
        continue;
      }
      const [, level] = LEVEL.exec(line.slice(0, 300)) ?? [];
      const isTelling = (level !== 'INFO' && level !== 'DEBUG') || TELLING.test(line);
      if (!isTelling) continue;
      if (content.lines.length >= MOST_LINES) {
        // The first half stays, of what follows the latest.
        content.lines.splice(MOST_LINES / 2, MOST_LINES / 4);
        dropped += MOST_LINES / 4;
      }
      content.lines.push({
        at: atOf(time),
        ts: '',
        level: level ?? null,
        request: REQUEST.exec(line)?.[1] ?? null,
        text: textOf(line, time.index),
      });
    }
  }
  content.requests = requests.kept.sort((a, b) => a.at - b.at);
  content.summary = `Homeserver log: ${count(seen, 'line')}, ${count(requests.seen, 'timed request')} and ${count(content.lines.length, 'telling line')}.`;
  if (foreign > seen) content.notes.push(`${count(foreign, 'line has', 'lines have')} no time; left out.`);
  if (dropped > 0) content.notes.push(`${count(dropped, 'telling line')} between the first and the latest left out.`);
  if (requests.isThinned) content.notes.push(`An even share of ${count(requests.kept.length, 'request')} is used.`);
  return content;
}

const atOf = ([, date, time, ms]: RegExpExecArray) => Date.parse(`${date}T${time}.${ms}Z`);

/** A token that somebody's proxy or module printed has no business here. */
const SECRET = /\b(?:syt|mct|mcr)_\w+|(?<=access_token=)[^&\s"']+|(?<=Bearer )\S+/g;
const textOf = (line: string, from: number) => line.slice(from, from + MOST_CHARACTERS).replace(SECRET, '[redacted]');

function requestOf(line: string, endedAt: number): Timed | null {
  const [, processing, sending, status, lost, method = '', uri = ''] = PROCESSED.exec(line) ?? [];
  const path = pathTemplate(uri);
  if (!path || isLongByNature(path) || Number.isNaN(endedAt)) return null;
  // The client was gone before the answer: the time of sending is then -1.
  const durationMs = Math.round((Number(processing) + Math.max(0, Number(sending))) * 1000);
  const timed: Timed = {
    at: endedAt - durationMs,
    durationMs,
    method,
    path,
    status: lost ? 0 : Number(status),
  };
  const name = REQUEST.exec(line)?.[1];
  if (name) timed.request = name;
  const isOrdinary = timed.status >= 200 && timed.status < 400 && durationMs < SLOW_MS;
  if (!isOrdinary || TELLING_PATH.test(uri)) timed.text = textOf(line, 0);
  return timed;
}

/** The key that a line of the log says was refused. */
export const refusalOfLine = (text: string) => readRefusal(text, 400);

/** A line of Synapse's log, whichever of its formats it is in. */
export type LogRecord = {
  /** Milliseconds since 1970; `NaN` where the time is no time. */
  at: number;
  level: string | null;
  /** The homeserver's name for the request: `POST-123`. */
  request: string | null;
  /** The line for a person to read, from its time on. */
  text: string;
};

/** Python's `asctime`, wherever in the line: before it may stand what grep, docker or the journal put there. */
const TIME = /(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)[,.](\d{3})/;
const LEVEL = /\b(DEBUG|INFO|WARNING|ERROR|CRITICAL)\b/;
const REQUEST = /\b((?:GET|PUT|POST|DELETE|OPTIONS|HEAD|PATCH)-\d+)\b/;
/** What ends a request; in a slice that somebody cut by hand it may be all there is. */
export const ENDED = 'Processed request: ';

/** `null`: no line of Synapse with a time. */
export function recordOf(line: string): LogRecord | null {
  const brace = line.indexOf('{"');
  // The journal, or docker, may put something before it.
  return (brace >= 0 && brace < 200 && structured(line.slice(brace))) || plain(line);
}

function plain(line: string): LogRecord | null {
  const time = TIME.exec(line.slice(0, 200));
  if (!time) return null;
  return {
    at: Date.parse(`${time[1]}T${time[2]}.${time[3]}Z`),
    level: levelOf(line),
    request: REQUEST.exec(line)?.[1] ?? null,
    text: line.slice(time.index),
  };
}

const levelOf = (line: string) => LEVEL.exec(line.slice(0, 300))?.[1] ?? null;

/**
 * The formats of Synapse that are JSON (`TerseJsonFormatter`, `GcpJsonFormatter`), and a plain line that docker's
 * `json-file` wrapped.
 */
function structured(json: string): LogRecord | null {
  const line = fields(json);
  const { log, message = log, level, severity = level, namespace, logger = namespace, time, request } = line;
  const { exc_type: errorType, exc_value: error } = line;
  if (typeof message !== 'string') return null;
  const wrapped = plain(message);
  if (wrapped?.level) return wrapped;
  const at = typeof time === 'number' ? Math.round(time * 1000) : Date.parse(String(time));
  if (Number.isNaN(at) || typeof severity !== 'string') return null;
  const name = typeof request === 'string' && REQUEST.test(request) ? request : null;
  const parts = [isoOf(at), logger, severity, name, message, errorType, error];
  const text = parts.filter((part) => typeof part === 'string').join(' - ');
  return { at, level: severity, request: name, text };
}

function fields(json: string): Record<string, unknown> {
  try {
    const value = JSON.parse(json);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}

const isoOf = (at: number) => (Math.abs(at) < 8.64e15 ? new Date(at).toISOString() : String(at));

/** Logs that are not read here: how they are recognised, and what to do. */
const OTHERS: [looks: RegExp, reason: string][] = [
  [
    /^\s*\d{4}-\d\d-\d\dT[\d:.]+Z?\s.*\b(?:TRACE|DEBUG|INFO|WARN|ERROR)\b.*\b(?:conduit|conduwuit|continuwuity|tuwunel)/m,
    "It is the log of a homeserver of Conduit's family. Only Synapse's log is read: drop the report without it.",
  ],
  [
    /^time="[^"]+" level=\w+ msg=|^(?:DEBU|INFO|WARN|ERRO)\[\d{4}-/m,
    "It is the log of Dendrite, or of another program in Go. Only Synapse's log is read: drop the report without it.",
  ],
  [
    /"(?:GET|PUT|POST|OPTIONS|DELETE) \/\S* HTTP\/[\d.]+" \d{3}/,
    "It is the access log of a proxy. Synapse's own log is needed: homeserver.log, or what its container prints.",
  ],
];
const SYNAPSE = /\bsynapse\b|Processed request: /;
const NO_DATE =
  "It is Synapse's log, but its lines have no date and time. Cut it again with the beginning of each line.";

/** Whether a text is a log of Synapse; where it is a log that cannot be read, the reason, for a person. */
export function lookForLog(head: string): boolean | string {
  const lines = head.split('\n', 200);
  // A report may hold whatever a log holds: of JSON the lines have to be records themselves.
  if (head.trimStart().startsWith('{')) return lines.some((line) => structured(line) !== null);
  const isSynapse = SYNAPSE.test(head);
  const other = OTHERS.find(([looks]) => looks.test(head))?.[1];
  if (other && !isSynapse) return other;
  const isRecord = (line: string) => {
    const record = recordOf(line);
    return record !== null && (record.level !== null || line.includes(ENDED));
  };
  if (lines.some(isRecord)) return true;
  const isUndated = (line: string) => SYNAPSE.test(line) && (levelOf(line) !== null || line.includes(ENDED));
  return lines.some(isUndated) ? NO_DATE : (other ?? false);
}

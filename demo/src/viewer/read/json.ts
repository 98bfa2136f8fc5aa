import { JSONParser } from '@streamparser/json';
import type { CryptoDiagReport } from 'lotus-crypto-diag';

import { blank, type Content, count, Unreadable } from './outcome';
import { type Row, RowSorter } from './rows';
import { wholeOf } from './source';

const MOST_CHARACTERS = 64 * 1024 ** 2;
const SCHEMA = /^lotus-crypto-diag\/(\d+)$/;

const isObject = (value: unknown): value is Row => typeof value === 'object' && value !== null && !Array.isArray(value);

/** A JSON document: a report, a list of them, an event, or rows of the database. */
export async function readObject(chunks: AsyncIterable<string>): Promise<Content> {
  const whole = await wholeOf(chunks, MOST_CHARACTERS);
  let value: unknown;
  try {
    value = JSON.parse(whole);
  } catch (error) {
    if (/^\s*\{[^\n]*\}\s*\n\s*\{/.test(whole)) return readRows(once(whole), '$');
    const isReport = whole.includes('lotus-crypto-diag/');
    const where = error instanceof Error ? error.message : '';
    const position = Number(/ position (\d+)/.exec(where)?.[1]);
    const isCut = /unexpected end|unterminated/i.test(where) || position >= whole.trimEnd().length;
    const what = isReport ? 'It is a report, but' : 'It is JSON, but';
    throw new Unreadable(
      isCut ? `${what} it ends in the middle. Save it anew.` : `${what} it is broken: ${where.slice(0, 200)}.`,
    );
  }
  const content = blank('report');
  if (takeReport(value, content)) return { ...content, summary: summaryOf(content.reports) };
  return readRows(once(whole), '$');
}

/** A list: of rows, of reports. It is read one element after the other. */
export function readList(chunks: AsyncIterable<string>): Promise<Content> {
  return readRows(chunks, '$.*');
}

async function* once(whole: string): AsyncGenerator<string> {
  yield whole;
}

/** sqlite3 writes one list after the other, and `row_to_json` one object after the other. */
async function readRows(chunks: AsyncIterable<string>, path: '$' | '$.*'): Promise<Content> {
  const content = blank('rows');
  const sorter = new RowSorter();
  let rows = 0;
  let problem = '';
  const parser = new JSONParser({ paths: [path], keepStack: false, separator: '' });
  parser.onValue = ({ value }) => {
    if (takeReport(value, content)) return;
    rows += 1;
    if (isObject(value)) sorter.add(rowOf(value));
  };
  parser.onError = (error) => {
    problem ||= error.message;
  };
  for await (const chunk of chunks) {
    if (!parser.isEnded) parser.write(chunk);
    if (problem) break;
  }
  if (!problem && !parser.isEnded) parser.end();
  const isWhole = !problem;
  if (content.reports.length > 0) {
    content.kind = 'report';
    content.summary = summaryOf(content.reports);
  } else if (rows === 0 && !isWhole) {
    throw new Unreadable(
      problem ? 'It is JSON, but broken from its beginning.' : 'It is JSON, but ends in the middle.',
    );
  } else {
    const { summary, notes } = finish(sorter);
    content.summary = summary;
    content.notes = notes;
    content.rows = sorter.rows;
  }
  if (!isWhole) content.notes.push(`It is ${problem ? 'broken' : 'cut off'} after ${count(rows, 'row')}.`);
  return content;
}

function finish(sorter: RowSorter) {
  try {
    return sorter.finish();
  } catch {
    throw new Unreadable("It is JSON, but neither a report, nor a HAR file, nor an answer of the runbook's queries.");
  }
}

/** The admin API wraps an event in `event`; Synapse's own dump has its id beside its JSON. */
function rowOf(value: Row): Row {
  const event = isObject(value['event']) ? value['event'] : value;
  return event;
}

function takeReport(value: unknown, content: Content): boolean {
  if (!isObject(value) || typeof value['schema'] !== 'string') return false;
  const [, version] = SCHEMA.exec(value['schema']) ?? [];
  if (version && version !== '1') {
    throw new Unreadable(`It is a report of a later form (version ${version}) than this page can read (version 1).`);
  }
  // Whether it holds what it should is for the diagnosis to say: it reads every field.
  if (version) content.reports.push(value as unknown as CryptoDiagReport);
  return version !== undefined;
}

const summaryOf = (reports: CryptoDiagReport[]) =>
  reports.length === 1 ? 'Report of a client.' : `${count(reports.length, 'report')} of clients.`;

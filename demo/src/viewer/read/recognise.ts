import { looksLikeCsv, readCsv } from './csv';
import { looksLikeHar, readHar } from './har';
import { readLog } from './homeserver-log';
import { readList, readObject } from './json';
import { lookForLog } from './log-line';
import { type Content, Unreadable } from './outcome';
import { openText } from './source';
import { looksLikeTable, readTable } from './table';

/**
 * Reads a file, whatever it is: what counts is what is in it, not what it is called.
 *
 * @param onProgress told how many bytes of the file were read
 * @throws Unreadable, with a message for a person, where it says nothing here
 */
export async function readFile(
  file: Blob,
  signal: AbortSignal,
  onProgress?: (bytes: number) => void,
): Promise<Content> {
  const text = await openText(file, signal, onProgress);
  const read = readerFor(text.head);
  try {
    const content = await read(text.chunks());
    content.notes.unshift(...text.notes);
    return content;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof Unreadable) throw error;
    throw new Unreadable(`It could not be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function readerFor(head: string): (chunks: AsyncIterable<string>) => Promise<Content> {
  const first = head.trimStart().charAt(0);
  if (first === '') throw new Unreadable('There is nothing but white space in it.');
  if (/^\s*\[\s*(?:[\][{]|$)/.test(head)) return readList;
  if (first === '{' && looksLikeHar(head)) return readHar;
  // Before the others: each line of a log may be JSON, or hold the rules of a table.
  const log = lookForLog(head);
  if (log === true) return readLog;
  if (log) throw new Unreadable(log);
  if (first === '{') return readObject;
  if (looksLikeTable(head)) return readTable;
  if (looksLikeCsv(head)) return readCsv;
  if (first === '<') throw new Unreadable('It is a page of HTML or XML.');
  throw new Unreadable(
    "It is none of these: a report, a HAR file, a slice of the homeserver's log, an answer of the runbook's queries.",
  );
}

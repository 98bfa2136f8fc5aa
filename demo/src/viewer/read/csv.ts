import Papa from 'papaparse';

import { blank, type Content, Unreadable } from './outcome';
import { isColumn, RowSorter } from './rows';
import { wholeOf } from './source';

const MOST_CHARACTERS = 64 * 1024 ** 2;
/** Comma, semicolon and tab as spreadsheets write them; `|` of `psql -A` and of sqlite3. */
const DELIMITERS = [',', '\t', '|', ';'];

/** A line of several cells, each the name of a column that the runbook asks for. */
const isHead = (cells: string[]) => cells.length > 1 && cells.every((cell) => isColumn(cell.trim()));

export const looksLikeCsv = (head: string): boolean =>
  head.split('\n', 200).some((line) => DELIMITERS.some((delimiter) => isHead(headCells(line, delimiter))));

const headCells = (line: string, delimiter: string) =>
  line
    .trim()
    .split(delimiter)
    .map((cell) => cell.replace(/^"(.*)"$/, '$1'));

export async function readCsv(chunks: AsyncIterable<string>): Promise<Content> {
  const whole = await wholeOf(chunks, MOST_CHARACTERS);
  const headLine = whole.split('\n', 200).find((line) => looksLikeCsv(line)) ?? '';
  const delimiter = DELIMITERS.find((delimiter) => isHead(headCells(headLine, delimiter))) ?? ',';
  // What sqlite3 and `psql -A` write is parted by `|` and has no quotes.
  const quote = delimiter === '|' ? { quoteChar: '\0' } : {};
  const { data, errors } = Papa.parse<string[]>(whole, { delimiter, skipEmptyLines: 'greedy', ...quote });

  const sorter = new RowSorter();
  let columns: string[] = [];
  let short = 0;
  for (const cells of data) {
    // Answers of several queries may follow each other, each with its head.
    if (isHead(cells)) {
      columns = cells.map((cell) => cell.trim());
      sorter.announce(columns);
    } else if (columns.length > 0 && cells.length >= columns.length) {
      const last = cells.slice(columns.length - 1).join(delimiter);
      sorter.add(Object.fromEntries(columns.map((name, i) => [name, i === columns.length - 1 ? last : cells[i]])));
    } else if (columns.length > 0 && !/^\(\d+ rows?\)$/.test(cells[0]?.trim() ?? '')) short += 1;
  }
  if (columns.length === 0) throw new Unreadable('The table has no head: it is not known what its columns are.');
  const { summary, notes } = sorter.finish();
  if (short > 0) notes.push(`Left out: ${short} lines with too few cells.`);
  if (errors.some(({ code }) => code === 'MissingQuotes')) notes.push('It ends within quotes: it may be cut off.');
  return { ...blank('rows'), rows: sorter.rows, summary, notes };
}

import { blank, type Content } from './outcome';
import { isColumn, type Row, RowSorter } from './rows';
import { linesOf } from './source';

/** psql's aligned tables, its expanded ones, and the `column`, `box`, `table` and `markdown` modes of sqlite3. */
const PSQL_RULE = /^\s*-+(?:\+-+)*\+?\s*$/;
const COLUMN_RULE = /^\s*-+(?: +-+)*\s*$/;
const BORDER = /^\s*[+|┌├└╔╟╚╭╰][-=+|:─═┬┼┴╤╪╧┐┤┘]+\s*$/;
const RECORD = /^-\[ RECORD \d+ \][-+]*$/;
const FOOT = /^\(\d+ rows?\)$/;

export const looksLikeTable = (head: string): boolean => {
  const lines = head.split('\n', 200).map((line) => line.replace(/\r$/, ''));
  return lines.some((line, index) => {
    if (RECORD.test(line)) return true;
    const before = cellsOf(lines[index - 1] ?? '', line);
    return isRule(line) && before.some(({ text }) => isColumn(text.trim()));
  });
};

const isHead = (line: string) => {
  const words = line.split(/[\s|│║]+/).filter((word) => word !== '');
  return words.length > 1 && words.every(isColumn);
};
const isRule = (line: string) => PSQL_RULE.test(line) || COLUMN_RULE.test(line) || BORDER.test(line);

export async function readTable(chunks: AsyncIterable<string>): Promise<Content> {
  const sorter = new RowSorter();
  const reader = new TableReader(sorter);
  for await (const lines of linesOf(chunks)) for (const line of lines) reader.push(line);
  reader.end();
  const { summary, notes } = sorter.finish();
  return { ...blank('rows'), rows: sorter.rows, summary, notes };
}

/** Reads what was copied from a terminal: one table after the other, with whatever stands between them. */
class TableReader {
  private previous = '';
  private columns: string[] = [];
  private rule = '';
  private record: Row | null = null;
  private field = '';
  private row: string[] | null = null;

  constructor(private readonly sorter: RowSorter) {}

  push(line: string): void {
    if (RECORD.test(line)) {
      this.end();
      this.record = {};
    } else if (this.record) this.pushField(line);
    else if (isRule(line)) this.pushRule(line);
    // sqlite3 puts one table right after the other.
    else if (line.trim() === '' || FOOT.test(line.trim()) || isHead(line)) this.end();
    else if (this.columns.length > 0) this.pushRow(line);
    this.previous = line;
  }

  /** The end of a table. */
  end(): void {
    this.flushRow();
    if (this.record && Object.keys(this.record).length > 0) this.sorter.add(this.record);
    this.record = null;
    this.columns = [];
  }

  private pushRule(line: string): void {
    const names = cellsOf(this.previous, line).map(({ text }) => text.trim());
    if (this.columns.length > 0 || !names.some(isColumn)) return;
    this.columns = names;
    this.rule = line;
    this.sorter.announce(names);
  }

  private pushField(line: string): void {
    const [, name, value = ''] = /^\s*(\S*)\s*\| ?(.*)$/.exec(line) ?? [];
    const { record } = this;
    if (!record || name === undefined) this.end();
    // psql writes a line break within a value as `+` at the end of its line.
    else if (name === '')
      record[this.field] = `${String(record[this.field]).replace(/\s*\+$/, '\n')}${value.trimEnd()}`;
    else {
      this.field = name;
      record[name] = value.trimEnd();
    }
  }

  private pushRow(line: string): void {
    const cells = cellsOf(line, this.rule);
    const isContinued = cells.some(isCutOff);
    const values = cells.map((cell) => (isCutOff(cell) ? `${cell.text.slice(0, -1).trim()}\n` : cell.text.trim()));
    this.row = this.row ? this.row.map((value, index) => `${value}${values[index] ?? ''}`) : values;
    if (!isContinued) this.flushRow();
  }

  private flushRow(): void {
    const { row, columns } = this;
    this.row = null;
    if (row) this.sorter.add(Object.fromEntries(columns.map((name, index) => [name, row[index] ?? ''])));
  }
}

type Cell = { text: string; width: number };

/** psql puts `+` (in frames `↵`) where else a space pads the cell, if the value goes on in the next line. */
const isCutOff = ({ text, width }: Cell) => text.length === width && /\S.*[+↵]$/.test(text);

/** The cells of a line, by the rule between head and rows. */
function cellsOf(line: string, rule: string): Cell[] {
  if (COLUMN_RULE.test(rule) && rule.includes(' ') && !rule.includes('+')) {
    return [...rule.matchAll(/-+/g)].map(({ index, 0: dashes }, nth, all) => {
      const isLast = nth === all.length - 1;
      return { text: line.slice(index, isLast ? undefined : index + dashes.length), width: Number.NaN };
    });
  }
  const isBox = BORDER.test(rule);
  const frame = isBox ? rule.search(/\S/) + 1 : 0;
  const columns = rule.slice(frame, isBox ? -1 : undefined).split(/[+┬┼╤╪|]/);
  const inner = isBox ? line.trimEnd().slice(frame, -1) : line;
  const byPlace = cellsByPlace(inner, columns);
  if (byPlace) return byPlace;
  // Wide characters shift what follows; then only the last cell may hold the sign.
  const parts = inner.split(/[│║]/.exec(line)?.[0] ?? '|');
  const all = [...parts.slice(0, columns.length - 1), parts.slice(columns.length - 1).join('|')];
  return all.map((text) => ({ text, width: Number.NaN }));
}

function cellsByPlace(line: string, columns: string[]): Cell[] | null {
  const cells: Cell[] = [];
  let start = 0;
  for (const [nth, column] of columns.entries()) {
    const isLast = nth === columns.length - 1;
    const end = start + column.length;
    if (!isLast && !/[|│║]/.test(line.charAt(end))) return null;
    cells.push({ text: line.slice(start, isLast ? undefined : end), width: column.length });
    start = end + 1;
  }
  return cells;
}

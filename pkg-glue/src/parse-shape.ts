// Reads what somebody else wrote into a shape of the model: what the model could not read is refused, and what it does not
// know is left out. serde would do the same, but weighs 38 kB gzip, and this is there from boot.

import { isoOf, msOf } from './clock';

/** What a value must be. Those of the model are written from it: see `generated/`. */
export type Shape =
  | 'text'
  | 'time'
  | 'flag'
  /** A whole number from 0 to this one. */
  | number
  /** One of these words. */
  | readonly string[]
  /** Or `null`. */
  | { readonly maybe: Shape }
  /** A field that may be missing. */
  | { readonly optional: Shape }
  /** An item that does not fit is left out. */
  | { readonly list: Shape }
  | { readonly fields: Fields }
  /** What fields there are depends on the field `kind`. */
  | { readonly kinds: Readonly<Record<string, Fields>> };

type Fields = Readonly<Record<string, Shape>>;

/** The longest text: a line of the console is cut at so many bytes. */
const MAX_TEXT = 16_384;

/**
 * The value as its shape has it, every text of it redacted.
 *
 * @throws where it does not fit
 */
export function parseShape(value: unknown, shape: Shape, redact: (text: string) => string): unknown {
  const parse = (part: unknown, of: Shape) => parseShape(part, of, redact);
  const parseFields = (object: object, fields: Fields): object => {
    // In the order in which they were written.
    const known = Object.entries(object).filter(([name]) => Object.hasOwn(fields, name));
    const parsed = known.flatMap(([name, part]) => {
      const { optional } = fields[name] as { optional?: Shape };
      if (!optional) return [[name, parse(part, fields[name] as Shape)]];
      return part === null ? [] : [[name, parse(part, optional)]];
    });
    const isMissing = ([name, field]: [string, Shape]) => !Object.hasOwn(object, name) && !Object(field).optional;
    if (Object.entries(fields).some(isMissing)) throw new TypeError('a field is missing');
    return Object.fromEntries(parsed);
  };

  if (typeof shape === 'object' && 'maybe' in shape) return value === null ? null : parse(value, shape.maybe);
  if (typeof value === 'string') {
    if (shape === 'text' && value.length <= MAX_TEXT) return redact(value);
    if (shape === 'time' && isTime(value)) return value;
    if (Array.isArray(shape) && shape.includes(value)) return value;
  }
  if (typeof value === 'boolean' && shape === 'flag') return value;
  if (typeof value === 'number' && typeof shape === 'number') {
    if (Number.isInteger(value) && value >= 0 && value <= shape) return value;
  }
  if (typeof value === 'object' && value !== null && typeof shape === 'object') {
    if ('list' in shape && Array.isArray(value)) {
      return value.flatMap((item) => {
        try {
          return [parse(item, shape.list)];
        } catch {
          return [];
        }
      });
    }
    if ('fields' in shape) return parseFields(value, shape.fields);
    if ('kinds' in shape) {
      const { kind } = value as { kind?: unknown };
      const fields = typeof kind === 'string' && Object.hasOwn(shape.kinds, kind) && shape.kinds[kind];
      if (fields) return { kind, ...parseFields(value, fields) };
    }
  }
  throw new TypeError('something does not fit');
}

/** As the model writes it: `2026-11-24T00:13:36.042Z`. */
function isTime(text: string): boolean {
  const ms = /^\d{4}-[-\d]+T[:\d]+\.\d{3}Z$/.test(text) ? msOf(text) : Number.NaN;
  return Number.isFinite(ms) && isoOf(ms) === text;
}

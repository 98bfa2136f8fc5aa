// docs/report.md has a row for every field of the JSON Schema, and no others.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

type Schema = {
  $ref?: string;
  const?: string;
  anyOf?: Schema[];
  oneOf?: Schema[];
  items?: Schema;
  properties?: Record<string, Schema>;
};

const root = new URL('../../', import.meta.url);
const page = readFileSync(new URL('docs/report.md', root), 'utf8');
const schema = JSON.parse(readFileSync(new URL('pkg-glue/schema/report-1.schema.json', root), 'utf8'));
const [, fields = ''] = page.split(/^## Fields$/m);

/** The schema of a field's value, with references, lists and `null` resolved. */
function resolve(field: Schema): Schema {
  const name = field.$ref?.split('/').at(-1);
  if (name) return resolve(schema.$defs[name]);
  const [first] = field.anyOf ?? [];
  if (first) return resolve(first);
  return field.items ? resolve(field.items) : field;
}

const propertiesOf = (field: Schema) => resolve(field).properties ?? {};
const names = (properties: Record<string, Schema>) => Object.keys(properties).sort();
const wordsOf = ({ oneOf = [] }: Schema) =>
  oneOf.flatMap((choice) => choice.const ?? choice.properties?.['kind']?.const ?? []);

/** The tables by their heading, a path in the report. The first is the report itself. */
const tables = new Map(
  fields
    .split(/^## /m)[0]
    ?.split(/^### /m)
    .map((section, at) => {
      const [, path = ''] = at === 0 ? [] : (section.match(/^`(.+?)`/) ?? []);
      const rows = [...section.matchAll(/^\| `(.+?)` \| (.+) \|$/gm)].filter(([row]) => !/\| KE-\d \|/.test(row));
      return [path, new Map(rows.map(([, name = '', content = '']) => [name, content]))] as const;
    }),
);

/** The schema of the object at a path such as `diagnosis.findings[]`. */
const at = (path: string): Schema =>
  path.split(/\.|\[\]/).reduce<Schema>((object, name) => (name ? (propertiesOf(object)[name] ?? {}) : object), schema);

describe('the page about the report', () => {
  it('has a table for the report and for each object in it', () => {
    const objects = Object.entries(schema.properties as Record<string, Schema>).filter(
      ([, field]) => names(propertiesOf(field)).length > 0,
    );
    expect([...tables.keys()]).toEqual(expect.arrayContaining(['', ...objects.map(([name]) => name)]));
  });

  it.each([...tables])('has a row for every field of `%s` and for no other', (path, rows) => {
    expect([...rows.keys()].sort()).toEqual(names(propertiesOf(at(path))));
  });

  it.each([...tables])('names every value that a field of `%s` may have', (path, rows) => {
    for (const [name, content] of rows) {
      const words = wordsOf(resolve(propertiesOf(at(path))[name] ?? {}));
      // A detail has its own table. Conclusions are too many for a cell.
      if (name === 'detail' || name === 'conclusion') continue;
      for (const word of words) expect(content, `${path}.${name}`).toContain(`\`${word}\``);
    }
  });

  it('has a row for every kind of detail and for no other', () => {
    const kinds = [...fields.matchAll(/^\| `(.+?)` \| KE-\d \|/gm)].map(([, kind]) => kind);
    expect(kinds.sort()).toEqual(wordsOf(schema.$defs.Detail).sort());
  });

  it('names no field that the schema lacks', () => {
    const known = new Set(JSON.stringify(schema).match(/"[a-z]+[A-Z]\w*"/g));
    const spoken = [...page.matchAll(/`(?:\w+\.)*([a-z]+[A-Z]\w*)`/g)].map(([, name]) => name);
    // Not fields of the report: options of the app, and names from the browser and the SDK.
    const others = new Set(['fetchEvents', 'visibilityState', 'onLine', 'fetchRoomEvent']);
    expect(spoken.filter((name) => !known.has(`"${name}"`) && !others.has(name ?? ''))).toEqual([]);
  });
});

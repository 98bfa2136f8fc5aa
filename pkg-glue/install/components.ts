// The components added to the host: cards and styles as in the host, around the package's components.

import { posix } from 'node:path';

import { type Checkout, specifierOf } from './checkout';
import { tagOf } from './edits';
import { extrasOf, refreshExtras } from './extras';
import { gateText } from './gate-text';
import { NAMES, reactImport } from './names';
import { importsOf, NotUnderstood, PARTS, type Part, type Places } from './places';
import { inStyle, type Style, styleOf } from './style';
import type { Source } from './syntax';

export type Component = keyof typeof NAMES;

/** The components to install for the chosen parts. Without the recovery, the gate needs the watch. */
export function componentsFor(parts: ReadonlySet<Part>, hasRecovery: boolean): Component[] {
  const chosen: Component[] = PARTS.filter((part) => parts.has(part));
  return parts.has('gate') && !parts.has('recovery') && !hasRecovery ? [...chosen, 'watch'] : chosen;
}

const FOLDER = 'features/crypto-diagnostics';
const exporting = (component: Component): string => `export * from './${NAMES[component]}';`;

/** Writes the files of one component into a folder beside the host's own features. */
export function writeComponent(places: Places, component: Component): { folder: string } {
  const { checkout } = places;
  const { folder, style } = folderAndStyleOf(places, component);
  const write = (name: string, text: string) => {
    const path = posix.join(folder, name);
    const written = checkout.read(path);
    const now = inStyle(text, style);
    // Keep a file that the host's developers changed; renew only versions that are written as text.
    checkout.change(path, written === null ? now : refreshExtras(written, now));
  };
  write(`${NAMES[component]}.tsx`, TEXTS[component](places, folder, style));
  if (component !== 'card') write('gatedClient.ts', gatedClientText(places, folder, style));
  exportFrom(checkout, posix.join(folder, 'index.ts'), component, style);
  return { folder };
}

/** Removes a component's file and its export. Returns the path of a file that was changed since, which stays. */
export function removeComponent(places: Places, component: Component): string | null {
  const { checkout } = places;
  const { folder, style } = folderAndStyleOf(places, component);
  const path = posix.join(folder, `${NAMES[component]}.tsx`);
  const written = checkout.read(path);
  if (written === null) return null;
  if (written !== inStyle(TEXTS[component](places, folder, style), style)) return path;
  checkout.change(path, null);
  const index = posix.join(folder, 'index.ts');
  const others = linesOf(checkout.read(index) ?? '').filter((line) => exportedBy(line) !== component);
  checkout.change(index, others.join(''));
  return null;
}

/** The folder for a component's files, and their code style. */
function folderAndStyleOf(places: Places, component: Component): { folder: string; style: Style } {
  const { source } = component === 'card' ? places.accessTokenCard() : places.clientRoot();
  return { folder: folderOf(source.path), style: styleOf(source) };
}

/** The folder of the app's features, found from the path of a file in one of its parts. */
function folderOf(path: string): string {
  const app = /^(.*?)\/(components|features|hooks|molecules|organisms|pages|templates)\//.exec(path)?.[1];
  if (!app) throw new NotUnderstood(`${path} is in no folder of features, pages or components`);
  return posix.join(app, FOLDER);
}

/**
 * Sorted in the order of `NAMES`, regardless of the order of installation; as the last line if the host added lines of
 * its own.
 */
function exportFrom(checkout: Checkout, path: string, component: Component, style: Style): void {
  const before = checkout.read(path) ?? '';
  if (before.includes(NAMES[component])) return;
  const ended = before === '' || before.endsWith('\n') ? before : before + style.eol;
  const lines = [...linesOf(ended), inStyle(exporting(component), style) + style.eol];
  const place = (line: string) => Object.keys(NAMES).indexOf(exportedBy(line) ?? '');
  if (lines.every((line) => place(line) >= 0)) lines.sort((a, b) => place(a) - place(b));
  checkout.change(path, lines.join(''));
}

/** Each line with its line break. */
const linesOf = (text: string): string[] => text.match(/[^\n]*\n|[^\n]+$/g) ?? [];

/** The component that a line of `index.ts` exports; `null` if the line is not as it was written. */
function exportedBy(line: string): string | null {
  const name = /^export \* from (['"])\.\/(\w+)\1;?\s*$/.exec(line)?.[2];
  return Object.entries(NAMES).find(([, exported]) => exported === name)?.[0] ?? null;
}

function cardText(places: Places, folder: string, style: Style): string {
  const { source, card } = places.accessTokenCard();
  const from = posix.join(folder, 'x');
  const extras = extrasOf(places.checkout, from);
  const tag = tagOf(source, card)
    .replace(/\s+/g, ' ')
    .replace(/ >$/, '>')
    .replace(/"/g, style.quote === '"' ? "'" : '"');
  const words = new Set(tag.match(/\b[A-Za-z_]\w*\b/g));
  words.delete('SequenceCard');
  const styles = importsOf(source, [...words]).map(({ imported, local, specifier }) => {
    const named = imported === local ? local : `${imported} as ${local}`;
    const name = { default: local, '*': named }[imported] ?? `{ ${named} }`;
    const path = specifier.startsWith('.') ? relocated(source, specifier, from) : specifier;
    return `import ${name} from '${path}';\n`;
  });
  const importing = (name: string) =>
    `import { ${name} } from '${specifierOf(from, places.moduleOf(name, source))}';\n`;
  // Prettier's print width decides whether each attribute gets its own line.
  const oneLine = `    ${tag}`;
  const attributes = [...tag.matchAll(/\s([\w-]+(?:=(?:"[^"]*"|'[^']*'|\{[^}]*\}))?)/g)].map(([, text]) => text);
  const opening =
    oneLine.length <= 100
      ? oneLine
      : ['    <SequenceCard', ...attributes.map((text) => `      ${text}`), '    >'].join('\n');
  return `${reactImport(style, [])}import { CryptoDiagnostics } from 'lotus-crypto-diag/react';
${extras.imports}${['SequenceCard', 'useMatrixClient'].map(importing).join('')}${styles.join('')}
/** What a report says of the app. */
${extras.declaration}
export function ${NAMES.card}() {
  const mx = useMatrixClient();

  return (
${opening}
      <CryptoDiagnostics mx={mx} extras={extras} embedded />
    </SequenceCard>
  );
}
`;
}

function recoveryText(places: Places, folder: string, style: Style): string {
  const from = posix.join(folder, 'x');
  const { source, initMatrix } = places.clientRoot();
  const logout = places.declaration(initMatrix, 'logoutClient');
  if (logout === null) throw new NotUnderstood(`${initMatrix} exports no logoutClient`);
  const watch = watchOf(places);
  const extras = extrasOf(places.checkout, from);
  // The host's logout usually ends with a reload. If it does not, the page would have no client.
  const reloads = logout === '' || /\blocation\b/.test(logout);
  const handler = `  const handleLogout = async () => {
    await logoutClient(mx);
    window.location.reload();
  };

`;
  return `${reactImport(style, ['useEffect'])}${watch.imports}import { CryptoRecoveryPrompt } from 'lotus-crypto-diag/react';
${extras.imports}import { logoutClient } from '${specifierOf(from, initMatrix)}';
import { useMatrixClient } from '${specifierOf(from, places.moduleOf('useMatrixClient', source))}';
import { setGatedClient } from './gatedClient';

/** What a report says of the app. */
${extras.declaration}
/** Renders nothing until the encryption of this device is broken. */
export function ${NAMES.recovery}() {
  const mx = useMatrixClient();

${watch.effect}
${reloads ? '' : handler}  return <CryptoRecoveryPrompt mx={mx} extras={extras} onLogout={${reloads ? '() => logoutClient(mx)' : 'handleLogout'}} />;
}
`;
}

/** The import and the effect by which a component registers and checks the client. */
function watchOf(places: Places): { imports: string; effect: string } {
  const options = places.storeOptions(places.clientRoot().initMatrix);
  const names = ['checkCryptoStore', 'requestPersistentStorage'].slice(options === null ? 1 : 0);
  const check =
    options === null
      ? '// checkCryptoStore(mx, { databasePrefix }) belongs here, with the prefix that the SDK is given.'
      : `checkCryptoStore(mx${options});`;
  return {
    imports: `import { ${names.join(', ')} } from 'lotus-crypto-diag';\n`,
    effect: `  useEffect(() => {
    setGatedClient(mx);
    ${check}
    requestPersistentStorage();
  }, [mx]);
`,
  };
}

function watchText(places: Places, folder: string, style: Style): string {
  const from = posix.join(folder, 'x');
  const { source } = places.clientRoot();
  const watch = watchOf(places);
  return `${reactImport(style, ['useEffect'])}${watch.imports}import { useMatrixClient } from '${specifierOf(from, places.moduleOf('useMatrixClient', source))}';
import { setGatedClient } from './gatedClient';

/** Renders nothing: registers the client for the gate, and checks the store once there is a client. */
export function ${NAMES.watch}() {
  const mx = useMatrixClient();

${watch.effect}
  return null;
}
`;
}

const TEXTS: Record<Component, (places: Places, folder: string, style: Style) => string> = {
  card: cardText,
  gate: gateText,
  recovery: recoveryText,
  watch: watchText,
};

/** Rewrites a relative import of one file for another file. */
function relocated(source: Source, specifier: string, from: string): string {
  const path = posix.relative(posix.dirname(from), posix.join(posix.dirname(source.path), specifier));
  return path.startsWith('.') ? path : `./${path}`;
}

function gatedClientText(places: Places, folder: string, style: Style): string {
  const hook = places.moduleOf('useMatrixClient', places.clientRoot().source);
  const type = style.importsTypes ? 'type ' : '';
  return `import ${type}{ useMatrixClient } from '${specifierOf(posix.join(folder, 'x'), hook)}';

type Client = ReturnType<typeof useMatrixClient>;

let client: Client | undefined;

/** The client of this tab, for the gate, which is rendered before there is one. */
export const setGatedClient = (mx: Client) => {
  client = mx;
};

export const getGatedClient = () => client;

/** Another tab may open the crypto store after this. */
export const stopGatedClient = () => {
  client?.stopClient();
  client = undefined;
};
`;
}

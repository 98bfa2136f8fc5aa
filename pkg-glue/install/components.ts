// The components that are added to the host: its own cards around those of the package, in its own style.

import { posix } from 'node:path';

import { specifierOf } from './checkout';
import { tagOf } from './edits';
import { importsOf, NotUnderstood, type Places } from './places';
import { inStyle, type Style, styleOf } from './style';
import type { Source } from './syntax';

export const NAMES = { card: 'CryptoDiagnosticsCard', gate: 'CryptoTabGate', recovery: 'CryptoRecovery' } as const;

export type Feature = { folder: string; files: Map<string, string> };

/** Beside the host's own features; named as they are. */
export function featureOf(places: Places): Feature {
  const { source, card } = places.accessTokenCard();
  const sequenceCard = places.home('SequenceCard', source);
  const [app] = sequenceCard.split('/components/');
  if (!app || app === sequenceCard) throw new NotUnderstood(`${sequenceCard} is in no folder of components`);
  const folder = posix.join(app, 'features/crypto-diagnostics');
  const style = styleOf(source);
  const write = (name: string) => (text: string) => [posix.join(folder, name), inStyle(text, style)] as const;
  const files = new Map([
    write(`${NAMES.card}.tsx`)(cardText(places, source, card, folder, style)),
    write(`${NAMES.gate}.tsx`)(gateText(places, folder, style)),
    write(`${NAMES.recovery}.tsx`)(recoveryText(places, source, folder, style)),
    write('gatedClient.ts')(GATED_CLIENT),
    write('index.ts')(
      Object.values(NAMES)
        .map((name) => `export * from './${name}';\n`)
        .join(''),
    ),
  ]);
  return { folder, files };
}

type Card = ReturnType<Places['accessTokenCard']>['card'];

const reactImport = (style: Style, names: string[]): string => {
  const parts = [...(style.importsReact ? ['React'] : []), ...(names.length > 0 ? [`{ ${names.join(', ')} }`] : [])];
  return parts.length > 0 ? `import ${parts.join(', ')} from 'react';\n` : '';
};

function cardText(places: Places, source: Source, card: Card, folder: string, style: Style): string {
  const from = posix.join(folder, 'x');
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
  const importing = (name: string) => `import { ${name} } from '${specifierOf(from, places.home(name, source))}';\n`;
  // Prettier's own width decides whether the attributes stand on lines of their own.
  const oneLine = `    ${tag}`;
  const attributes = [...tag.matchAll(/\s([\w-]+(?:=(?:"[^"]*"|'[^']*'|\{[^}]*\}))?)/g)].map(([, text]) => text);
  const opening =
    oneLine.length <= 100
      ? oneLine
      : ['    <SequenceCard', ...attributes.map((text) => `      ${text}`), '    >'].join('\n');
  return `${reactImport(style, [])}import { CryptoDiagnostics } from 'lotus-crypto-diag/react';
${['SequenceCard', 'SettingTile', 'useMatrixClient'].map(importing).join('')}${styles.join('')}
export function ${NAMES.card}() {
  const mx = useMatrixClient();

  return (
${opening}
      <SettingTile
        title="Encryption Diagnostics"
        description="What this app saw of four known faults of the encryption."
      />
      {/* What only the app knows belongs into the report: extras={{ app: 'Cinny 4.11.1', sdkVersion: '41.7.0' }} */}
      <CryptoDiagnostics mx={mx} embedded />
    </SequenceCard>
  );
}
`;
}

function gateText(places: Places, folder: string, style: Style): string {
  const root = places.clientRoot();
  const session = places.session(root);
  const ids = session
    ? {
        from: `import { ${session.name} } from '${specifierOf(posix.join(folder, 'x'), session.path)}';\n`,
        call: session.name,
      }
    : null;
  const hooks = ids ? ['ReactNode', 'useEffect'] : ['ReactNode'];
  const known = ids
    ? `  const { userId, deviceId } = ${ids.call}() ?? {};

  useEffect(() => {
    // Before the client opens it: is the crypto store still there?
    if (userId && deviceId) checkCryptoStore({ userId, deviceId });
  }, [userId, deviceId]);

`
    : '';
  const name = ids ? `      name={\`\${userId} \${deviceId}\`}\n` : '';
  return `${reactImport(style, hooks)}${ids ? "import { checkCryptoStore } from 'lotus-crypto-diag';\n" : ''}import { TabGate } from 'lotus-crypto-diag/react';
import { stopGatedClient } from './gatedClient';
${ids?.from ?? ''}
type ${NAMES.gate}Props = {
  children: ReactNode;
};
/** Two tabs on one crypto store break it: one of them runs the client, the others wait. */
export function ${NAMES.gate}({ children }: ${NAMES.gate}Props) {
${known}  return (
    <TabGate
${name}      appName="${appName(places)}"
      onYield={stopGatedClient}
      onLost={stopGatedClient}
    >
      {children}
    </TabGate>
  );
}
`;
}

function recoveryText(places: Places, source: Source, folder: string, style: Style): string {
  const from = posix.join(folder, 'x');
  const { initMatrix } = places.clientRoot();
  if (!places.exports(initMatrix, 'logoutClient')) throw new NotUnderstood(`${initMatrix} exports no logoutClient`);
  return `${reactImport(style, ['useEffect'])}import { Box, config } from 'folds';
import { checkCryptoStore, requestPersistentStorage } from 'lotus-crypto-diag';
import { CryptoRecoveryPrompt } from 'lotus-crypto-diag/react';
import { logoutClient } from '${specifierOf(from, initMatrix)}';
import { useMatrixClient } from '${specifierOf(from, places.home('useMatrixClient', source))}';
import { setGatedClient } from './gatedClient';

/** Nothing, until the encryption of this device is broken for good; then the way out. */
export function ${NAMES.recovery}() {
  const mx = useMatrixClient();

  useEffect(() => {
    setGatedClient(mx);
    checkCryptoStore(mx);
    requestPersistentStorage();
  }, [mx]);

  return (
    <Box
      style={{
        position: 'fixed',
        zIndex: config.zIndex.Max,
        bottom: config.space.S400,
        right: config.space.S400,
        left: config.space.S400,
        justifyContent: 'flex-end',
        pointerEvents: 'none',
      }}
    >
      <Box style={{ pointerEvents: 'auto', maxHeight: '80vh', overflow: 'auto' }}>
        <CryptoRecoveryPrompt mx={mx} onLogout={() => logoutClient(mx)} />
      </Box>
    </Box>
  );
}
`;
}

function appName(places: Places): string {
  const title = places.checkout.read('index.html')?.match(/<title>\s*([^<"{}]+?)\s*<\/title>/)?.[1];
  return title ?? 'Cinny';
}

/** A relative import of one file, as another file writes it. */
function relocated(source: Source, specifier: string, from: string): string {
  const path = posix.relative(posix.dirname(from), posix.join(posix.dirname(source.path), specifier));
  return path.startsWith('.') ? path : `./${path}`;
}

const GATED_CLIENT = `import { MatrixClient } from 'matrix-js-sdk';

let client: MatrixClient | undefined;

/** The client of this tab: for the gate, which is there before it. */
export const setGatedClient = (mx: MatrixClient) => {
  client = mx;
};

/** Another tab may open the crypto store after this. */
export const stopGatedClient = () => {
  client?.stopClient();
};
`;

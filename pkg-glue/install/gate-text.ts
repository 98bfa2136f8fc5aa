// The component around the part that starts the client: the tab gate, and inside it the gate for a deleted crypto
// store.

import { posix } from 'node:path';

import { specifierOf } from './checkout';
import { appName } from './extras';
import { NAMES, reactImport } from './names';
import type { Places } from './places';
import type { Style } from './style';

/** The host's session module: `name` reads the session, `removal` drops it. */
type SessionOfHost = { path: string; name: string; removal: string | null };

export function gateText(places: Places, folder: string, style: Style): string {
  const root = places.clientRoot();
  const session = places.session(root);
  const options = places.storeOptions(root.initMatrix);
  if (!session) return withoutSession(places, style);
  const hasStoreGate = session.removal !== null && options !== null;
  const names = hasStoreGate
    ? ['isInCall', 'logOutDevice']
    : options === null
      ? ['isInCall']
      : ['checkCryptoStore', 'isInCall'];
  const isChecked = !hasStoreGate && options !== null;
  const imported = hasStoreGate ? `${session.name}, ${session.removal}` : session.name;
  const gates = hasStoreGate ? 'CryptoStoreGate, TabGate' : 'TabGate';
  return `${reactImport(style, isChecked ? ['useEffect'] : [], ['ReactNode'])}import { ${names.join(', ')} } from 'lotus-crypto-diag';
import { ${gates} } from 'lotus-crypto-diag/react';
import { getGatedClient, stopGatedClient } from './gatedClient';
import { ${imported} } from '${specifierOf(posix.join(folder, 'x'), session.path)}';

/** The name of the session that is stored now: another tab may have logged out or in since. */
const readName = () => {
  const { userId, deviceId } = ${session.name}() ?? {};
  return userId && deviceId ? \`\${userId} \${deviceId}\` : null;
};

${hasStoreGate ? signOutText(session) : ''}${headText()}  const { userId, deviceId } = ${session.name}() ?? {};

${isChecked ? checkText(options ?? '') : ''}  return (
    <TabGate
      name={\`\${userId} \${deviceId}\`}
      readName={readName}
${propsText(places)}    >
${hasStoreGate ? storeGateText(places, options ?? '') : '      {children}\n'}    </TabGate>
  );
}
`;
}

function withoutSession(places: Places, style: Style): string {
  return `${reactImport(style, [], ['ReactNode'])}import { isInCall } from 'lotus-crypto-diag';
import { TabGate } from 'lotus-crypto-diag/react';
import { getGatedClient, stopGatedClient } from './gatedClient';

${headText()}  return (
    <TabGate
${propsText(places)}    >
      {children}
    </TabGate>
  );
}
`;
}

const headText = (): string => `const canYield = () => {
  const mx = getGatedClient();
  // There is no client to stop yet, but soon one that syncs.
  if (!mx) return 'it is still starting';
  return !isInCall(mx) || 'in a call';
};

type ${NAMES.gate}Props = {
  children: ReactNode;
};
/** Two tabs on one crypto store break it: one of them runs the client, the others wait. */
export function ${NAMES.gate}({ children }: ${NAMES.gate}Props) {
`;

const propsText = (places: Places): string => `      appName="${appName(places.checkout)}"
      canYield={canYield}
      onYield={stopGatedClient}
      onLost={stopGatedClient}
`;

const checkText = (options: string): string => `  useEffect(() => {
    // Before the client opens it: is the crypto store still there?
    if (userId && deviceId) checkCryptoStore({ userId, deviceId }${options});
  }, [userId, deviceId]);

`;

const signOutText = ({
  name,
  removal,
}: SessionOfHost): string => `/** No client was started: the device is logged out without one. */
const handleSignOut = async () => {
  const { baseUrl, accessToken } = ${name}() ?? {};
  if (baseUrl && accessToken) await logOutDevice(baseUrl, accessToken);
  ${removal}();
  window.location.reload();
};

`;

/** If the browser deleted the crypto store, no client may start: it would create a blank store for the old device. */
function storeGateText(places: Places, options: string): string {
  const prefix = /databasePrefix: ('[^']*')/.exec(options)?.[1];
  return `      {userId && deviceId ? (
        <CryptoStoreGate
          userId={userId}
          deviceId={deviceId}
${prefix ? `          databasePrefix=${prefix.replaceAll("'", '"')}\n` : ''}          appName="${appName(places.checkout)}"
          onSignOut={handleSignOut}
        >
          {children}
        </CryptoStoreGate>
      ) : (
        children
      )}
`;
}

import { Box, Button, Text } from 'folds';
import { CryptoDiagnostics, CryptoRecoveryPrompt, OtherTabBanner } from 'lotus-crypto-diag/react';

import { CryptoStore } from './CryptoStore';
import { Login } from './Login';
import { LogLine } from './LogLine';
import { ReportPreview } from './ReportPreview';
import { Scenarios } from './Scenarios';
import { HOMESERVER, isReal, useDevice } from './session';
import { useTheme } from './theme';

const extras = { app: 'lotus-crypto-diag demo' };

export function DeveloperTools() {
  const { isDark, setDark } = useTheme();
  const device = useDevice();
  const { mx, logout } = device;
  const handleTheme = () => setDark(!isDark);
  return (
    <>
      <CryptoRecoveryPrompt mx={mx} onLogout={logout} />
      <OtherTabBanner name="demo" appName="This demo" />
      <Box as="header" alignItems="Center" justifyContent="SpaceBetween" gap="200" className="top">
        <Box direction="Column" gap="100">
          <Text as="h1" size="H3">
            Developer Tools
          </Text>
          <Text as="a" size="T200" href="./viewer.html" style={{ color: 'inherit' }}>
            Report viewer
          </Text>
        </Box>
        <Button type="button" size="300" variant="Secondary" fill="Soft" radii="300" onClick={handleTheme}>
          <Text as="span" size="B300">
            {isDark ? 'Light theme' : 'Dark theme'}
          </Text>
        </Button>
      </Box>
      <main className="columns">
        <Box direction="Column" gap="500" style={{ minWidth: 0 }}>
          <CryptoDiagnostics mx={mx} extras={extras} />
          <Scenarios />
        </Box>
        <Box direction="Column" gap="500" style={{ minWidth: 0 }}>
          {(HOMESERVER || isReal(device)) && <Login />}
          <CryptoStore />
          <LogLine />
          <ReportPreview mx={mx} extras={extras} />
        </Box>
      </main>
    </>
  );
}

import { Box, Button, Text } from 'folds';
import { CryptoDiagnostics } from 'lotus-crypto-diag/react';

import { LogLine } from './LogLine';
import { ReportPreview } from './ReportPreview';
import { Scenarios } from './Scenarios';
import { useTheme } from './theme';

/** By shape all that the library needs of a Matrix client; a real one is at home in the app. */
const mx = {
  getUserId: () => '@you:example.org',
  getDeviceId: () => 'DEMODEVICE',
  getSyncState: () => 'SYNCING',
  getCrypto: () => undefined,
};
const extras = { app: 'lotus-crypto-diag demo' };

export function DeveloperTools() {
  const { isDark, setDark } = useTheme();
  const handleTheme = () => setDark(!isDark);
  return (
    <>
      <Box as="header" alignItems="Center" justifyContent="SpaceBetween" gap="200" className="top">
        <Text as="h1" size="H3">
          Developer Tools
        </Text>
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
          <LogLine />
          <ReportPreview mx={mx} extras={extras} />
        </Box>
      </main>
    </>
  );
}

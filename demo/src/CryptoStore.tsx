import { Box, Text } from 'folds';

import { ActionButton } from './ActionButton';
import { Card } from './Card';
import { useDevice } from './session';

const ACTIONS = [
  [
    'Evict the crypto store',
    'As a browser does when space runs low: the session stays. Then the page reloads.',
    'evict',
  ],
  ['Log out and log in', 'The way to fix it: a new device with new keys. Then the page reloads.', 'logout'],
] as const;

export function CryptoStore() {
  const device = useDevice();
  return (
    <Card title="The device's crypto store" about="This page keeps identity keys in IndexedDB, as the SDK does.">
      <Box as="ul" direction="Column" gap="300" style={{ margin: 0, padding: 0, listStyle: 'none' }}>
        {ACTIONS.map(([label, about, action]) => (
          <Box key={label} as="li" direction="Column" gap="100" alignItems="Start">
            <ActionButton words={label} onClick={() => void device[action]()} />
            <Text as="span" size="T200">
              {about}
            </Text>
          </Box>
        ))}
      </Box>
    </Card>
  );
}

import { Box, Button, color, config, Text } from 'folds';
import { useState } from 'react';

import { useWords } from './CryptoDiagWordsProvider';
import { useTabLeadership } from './useTabLeadership';
import { ENGLISH_TABS, type SomeOf, type TabWords } from './words';

export type OtherTabBannerProps = {
  name?: string;
  appName?: string;
  words?: SomeOf<TabWords>;
};

/** For hosts that run in several tabs at once: in all tabs but the first, warns that this may break the encryption. */
export function OtherTabBanner({ name, appName = 'This app', words }: OtherTabBannerProps) {
  const text = useWords('tabs', ENGLISH_TABS, words);
  const [isDismissed, setDismissed] = useState(false);
  // Only watches the role: this tab works whether it leads or not.
  const { role } = useTabLeadership(name === undefined ? {} : { name });
  if (role !== 'follower' || isDismissed) return null;
  return (
    <Box
      role="alert"
      data-testid="other-tab-banner"
      alignItems="Center"
      justifyContent="SpaceBetween"
      gap="200"
      wrap="Wrap"
      style={{
        padding: config.space.S300,
        backgroundColor: color.Warning.Container,
        color: color.Warning.OnContainer,
      }}
    >
      <Text size="T300" style={{ flex: '1 1 16rem' }}>
        {text.warning(appName)}
      </Text>
      <Button
        type="button"
        size="300"
        radii="300"
        variant="Warning"
        fill="Soft"
        outlined
        onClick={() => setDismissed(true)}
      >
        <Text as="span" size="B300">
          {text.dismiss}
        </Text>
      </Button>
    </Box>
  );
}

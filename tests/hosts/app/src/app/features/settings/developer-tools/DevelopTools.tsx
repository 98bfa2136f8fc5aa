import { Box, Button, Scroll, Switch, Text } from 'folds';
import React, { useState } from 'react';
import { SequenceCard } from '../../../components/sequence-card';
import { SettingTile } from '../../../components/setting-tile';
import { useMatrixClient } from '../../../hooks/useMatrixClient';
import { SequenceCardStyle } from '../styles.css';

type DeveloperToolsPage = { name: 'index' } | { name: 'account-data'; type: string };

export function DeveloperTools() {
  const mx = useMatrixClient();
  const [developerTools, setDeveloperTools] = useState(true);
  const [page, setPage] = useState<DeveloperToolsPage>({ name: 'index' });

  switch (page.name) {
    case 'account-data':
      return <Text onClick={() => setPage({ name: 'index' })}>{page.type}</Text>;

    default:
      return (
        <Scroll hideTrack visibility="Hover">
          <Box direction="Column" gap="100">
            <Text size="L400">Options</Text>
            <SequenceCard className={SequenceCardStyle} variant="SurfaceVariant" direction="Column" gap="400">
              <SettingTile
                title="Enable Developer Tools"
                after={<Switch variant="Primary" value={developerTools} onChange={setDeveloperTools} />}
              />
            </SequenceCard>
            {developerTools && (
              <SequenceCard className={SequenceCardStyle} variant="SurfaceVariant" direction="Column" gap="400">
                <SettingTile
                  title="Access Token"
                  description="Copy access token to clipboard."
                  after={
                    <Button
                      onClick={() => navigator.clipboard.writeText(mx.getAccessToken() ?? '<NO_ACCESS_TOKEN_FOUND>')}
                      variant="Secondary"
                      size="300"
                    >
                      <Text size="B300">Copy</Text>
                    </Button>
                  }
                />
              </SequenceCard>
            )}
          </Box>
        </Scroll>
      );
  }
}

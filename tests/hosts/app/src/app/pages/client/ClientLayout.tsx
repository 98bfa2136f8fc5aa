import { Box, Button, Text } from 'folds';
import React, { type ReactNode, useState } from 'react';

import { CallEmbed } from '../../features/call';
import { Settings } from '../../features/settings';
import * as css from './styles.css';

type ClientLayoutProps = {
  children: ReactNode;
};
export function ClientLayout({ children }: ClientLayoutProps) {
  const [isSettings, setSettings] = useState(false);
  const [isCall, setCall] = useState(false);

  return (
    <div className={css.Layout} data-testid="client">
      <Box className={css.TopBar} gap="200" shrink="No">
        <Button size="300" variant="Secondary" onClick={() => setSettings(true)}>
          <Text size="B300">Settings</Text>
        </Button>
        <Button size="300" variant={isCall ? 'Critical' : 'Success'} onClick={() => setCall(!isCall)}>
          <Text size="B300">{isCall ? 'End call' : 'Start call'}</Text>
        </Button>
      </Box>
      {isCall && <CallEmbed />}
      <div className={css.Page}>{children}</div>
      {isSettings && <Settings requestClose={() => setSettings(false)} />}
    </div>
  );
}

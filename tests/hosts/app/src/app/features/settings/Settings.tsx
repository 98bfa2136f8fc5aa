import { Box, Button, Header, Modal, Overlay, OverlayBackdrop, OverlayCenter, Text } from 'folds';
import React, { useState } from 'react';

import { logoutClient } from '../../../client/initMatrix';
import { useMatrixClient } from '../../hooks/useMatrixClient';
import { DeveloperTools } from './developer-tools';

type SettingsProps = {
  requestClose: () => void;
};
export function Settings({ requestClose }: SettingsProps) {
  const mx = useMatrixClient();
  const [isLeaving, setLeaving] = useState(false);

  const handleLogout = () => {
    setLeaving(true);
    void logoutClient(mx);
  };

  return (
    <Overlay open backdrop={<OverlayBackdrop />}>
      <OverlayCenter>
        <Modal size="500" variant="Background" role="dialog" aria-label="Settings">
          <Header size="500" style={{ justifyContent: 'space-between' }}>
            <Text size="H4">{mx.getUserId()}</Text>
            <Box gap="200">
              <Button size="300" variant="Critical" onClick={handleLogout} disabled={isLeaving}>
                <Text size="B300">Logout</Text>
              </Button>
              <Button size="300" variant="Secondary" onClick={requestClose}>
                <Text size="B300">Close</Text>
              </Button>
            </Box>
          </Header>
          <DeveloperTools />
        </Modal>
      </OverlayCenter>
    </Overlay>
  );
}

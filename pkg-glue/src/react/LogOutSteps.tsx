import { Box, Button, color, config, Spinner, Text, toRem } from 'folds';
import { useState } from 'react';

import { explain } from '../bounded';
import { core } from '../core';
import type { MatrixClientLike, RecoveryReason } from '../index';
import { DiagnosisText } from './DiagnosisText';
import { MessageHistory } from './MessageHistory';
import { RoomKeyExport } from './RoomKeyExport';
import { useHistorySafety } from './useHistorySafety';
import type { RecoveryWords } from './words';

/** The SDK may take longer than this to clear its stores, or never finish. */
const LOGOUT_MS = 30_000;

export type LogOutStepsProps = {
  mx: MatrixClientLike;
  deviceId: string;
  reason: RecoveryReason['reason'];
  isShown: boolean;
  words: RecoveryWords;
  onLogout: () => unknown;
  onLoggingOut: (isLoggingOut: boolean) => void;
};

/** What is lost, what a logout would lose, and the logout. */
export function LogOutSteps({ mx, deviceId, reason, isShown, words, onLogout, onLoggingOut }: LogOutStepsProps) {
  const [isConfirmed, setConfirmed] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState('');
  // A client that is logging out does not answer.
  const { safety, check, handleLogoutStart } = useHistorySafety(mx, isShown && !isBusy);
  // If the store was deleted, there is nothing left to save.
  const isGone = reason === 'store-lost';
  const isReady = safety !== undefined && (isGone || safety.isSafe || isConfirmed) && !isBusy;

  const handleReset = async () => {
    if (!isReady) return;
    setBusy(true);
    setProblem('');
    if (!isConfirmed && !isGone && !(await check()).isSafe) {
      setBusy(false);
      return;
    }
    handleLogoutStart();
    onLoggingOut(true);
    // Only a hint: the logout goes on, and starting a second one would not help.
    const hangTimer = setTimeout(() => setProblem(words.logoutHangs), LOGOUT_MS);
    try {
      await onLogout();
      core().loggedOut(undefined, deviceId || undefined);
      setProblem('');
    } catch (error) {
      setProblem(words.logoutFailed(explain(error)));
    } finally {
      clearTimeout(hangTimer);
      setBusy(false);
      onLoggingOut(false);
    }
  };

  return (
    <>
      <MessageHistory mx={mx} deviceId={deviceId} reason={reason} safety={safety} words={words} />
      {safety && !safety.isSafe && !isGone && (
        <>
          {safety.roomKeys !== 0 && <RoomKeyExport mx={mx} words={words} />}
          <label style={{ display: 'flex', gap: config.space.S200, alignItems: 'start' }}>
            <input
              type="checkbox"
              checked={isConfirmed}
              onChange={(event) => setConfirmed(event.target.checked)}
              // Many hosts reset `appearance` on all inputs.
              style={{
                appearance: 'auto',
                flexShrink: 0,
                width: toRem(16),
                height: toRem(16),
                margin: `${toRem(2)} 0 0`,
                accentColor: color.Critical.Main,
              }}
            />
            <Text as="span" size="T300">
              {words.confirm}
            </Text>
          </label>
        </>
      )}
      <Text size="T300">{words.logOut}</Text>
      <Box>
        <Button
          type="button"
          size="400"
          radii="300"
          variant="Critical"
          aria-disabled={!isReady}
          // The label needs two lines on a narrow screen.
          style={{
            height: 'auto',
            minHeight: toRem(40),
            padding: `${config.space.S200} ${config.space.S400}`,
            ...(!isReady && { opacity: config.opacity.Disabled }),
          }}
          onClick={handleReset}
          before={isBusy ? <Spinner size="100" variant="Critical" fill="Solid" /> : undefined}
        >
          <Text as="span" size="B400">
            {words.reset}
          </Text>
        </Button>
      </Box>
      {problem && (
        <Text role="alert" size="T300" style={{ color: color.Critical.Main }}>
          <DiagnosisText>{problem}</DiagnosisText>
        </Text>
      )}
    </>
  );
}

import { Box, Button, color, config, Spinner, Text, toRem } from 'folds';
import { type ReactNode, useEffect, useId, useState } from 'react';

import { explain, NoAnswer, within } from '../bounded';
import type { MatrixClientLike } from '../index';
import { checkHistorySafety, type HistorySafety } from '../recovery';
import { RoomKeyExport } from './RoomKeyExport';
import { useCryptoDiagnostics } from './useCryptoDiagnostics';
import { useNotNow } from './useNotNow';
import { ENGLISH_RECOVERY, type RecoveryWords } from './words';

/** The SDK's clearing of its stores was seen to take longer than this, or for ever. */
const LOGOUT_MS = 30_000;
const LOOK_AGAIN_MS = 3000;

export type CryptoRecoveryPromptProps = {
  mx: MatrixClientLike;
  /** The host's own logout, at the server, too: it has to drop the device and its one-time keys. */
  onLogout: () => unknown;
  words?: Partial<RecoveryWords>;
};

/**
 * Nothing, until the encryption of this device has broken for good; then what happened, and the way out. It never offers
 * to clear the browser's storage: without a logout, that is what breaks it.
 */
export function CryptoRecoveryPrompt({ mx, onLogout, words }: CryptoRecoveryPromptProps) {
  const { recovery, cryptoStore } = useCryptoDiagnostics();
  const text = { ...ENGLISH_RECOVERY, ...words };
  const [isPutOff, onNotNow] = useNotNow(recovery?.reason, cryptoStore?.deviceId ?? '');
  // While the logout runs, the sign of the fault may go before the screen does.
  const [isLeaving, setLeaving] = useState(false);
  if ((!recovery || isPutOff) && !isLeaving) return null;
  return (
    <Prompt
      mx={mx}
      what={text.what[recovery?.reason ?? 'upload-loop']}
      words={text}
      onLogout={onLogout}
      onNotNow={onNotNow}
      onLeaving={setLeaving}
    />
  );
}

type PromptProps = {
  mx: MatrixClientLike;
  what: string;
  words: RecoveryWords;
  onLogout: () => unknown;
  onNotNow: () => void;
  onLeaving: (isLeaving: boolean) => void;
};
function Prompt({ mx, what, words, onLogout, onNotNow, onLeaving }: PromptProps) {
  const [heading, about] = [useId(), useId()];
  const [safety, setSafety] = useState<HistorySafety>();
  const [isConfirmed, setConfirmed] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState('');

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isCurrent = true;
    const look = async () => {
      const found = await checkHistorySafety(mx);
      if (!isCurrent) return;
      setSafety(found);
      // The backup may be about to take the last keys up.
      if (!found.isSafe) timer = setTimeout(look, LOOK_AGAIN_MS);
    };
    void look();
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, [mx]);

  const isReady = safety !== undefined && (safety.isSafe || isConfirmed) && !isBusy;
  const handleReset = async () => {
    if (!isReady) return;
    setBusy(true);
    onLeaving(true);
    setTrouble('');
    try {
      await within('logout', onLogout, LOGOUT_MS);
      onLeaving(false);
    } catch (error) {
      setTrouble(error instanceof NoAnswer ? words.logoutHangs : words.logoutFailed(explain(error)));
    } finally {
      setBusy(false);
    }
  };

  return (
    <Box
      as="section"
      role="alertdialog"
      aria-labelledby={heading}
      aria-describedby={about}
      data-testid="crypto-recovery"
      direction="Column"
      gap="300"
      style={{
        padding: config.space.S400,
        maxWidth: toRem(560),
        backgroundColor: color.Surface.Container,
        color: color.Surface.OnContainer,
        border: `${config.borderWidth.B300} solid ${color.Critical.Main}`,
        borderRadius: config.radii.R400,
      }}
    >
      <Text as="h2" id={heading} size="H4">
        {words.title}
      </Text>
      <Text id={about} size="T300">
        {what} {words.meaning}
      </Text>
      {safety ? (
        <Safety mx={mx} safety={safety} words={words}>
          <label style={{ display: 'flex', gap: config.space.S200, alignItems: 'start' }}>
            <input type="checkbox" checked={isConfirmed} onChange={(event) => setConfirmed(event.target.checked)} />
            <Text as="span" size="T300">
              {words.confirm}
            </Text>
          </label>
        </Safety>
      ) : (
        <Text as="output" size="T200">
          {words.checking}
        </Text>
      )}
      <Box gap="200" wrap="Wrap">
        <Button
          type="button"
          size="400"
          radii="300"
          variant="Critical"
          aria-disabled={!isReady}
          style={isReady ? {} : { opacity: config.opacity.Disabled }}
          onClick={handleReset}
          before={isBusy ? <Spinner size="100" variant="Critical" fill="Solid" /> : undefined}
        >
          <Text as="span" size="B400">
            {words.reset}
          </Text>
        </Button>
        <Button type="button" size="400" radii="300" variant="Secondary" fill="None" onClick={onNotNow}>
          <Text as="span" size="B400">
            {words.notNow}
          </Text>
        </Button>
      </Box>
      {trouble && (
        <Text role="alert" size="T300" style={{ color: color.Critical.Main }}>
          {trouble}
        </Text>
      )}
    </Box>
  );
}

type SafetyProps = { mx: MatrixClientLike; safety: HistorySafety; words: RecoveryWords; children: ReactNode };
function Safety({ mx, safety, words, children }: SafetyProps) {
  const { isSafe, backup, recoveryKey, roomKeys, notBackedUp } = safety;
  if (isSafe) return <Text size="T300">{words.safe(roomKeys ?? 0)}</Text>;
  return (
    <Box direction="Column" gap="300" style={{ minWidth: 0 }}>
      <Box direction="Column" gap="100">
        <Text size="T300" style={{ color: color.Critical.Main }}>
          {words.lost(notBackedUp)}
        </Text>
        <Text size="T200">
          {words.backup[backup ?? 'unknown']} {recoveryKey === false && words.noRecoveryKey}
        </Text>
      </Box>
      {roomKeys !== 0 && <RoomKeyExport mx={mx} words={words} />}
      {children}
    </Box>
  );
}

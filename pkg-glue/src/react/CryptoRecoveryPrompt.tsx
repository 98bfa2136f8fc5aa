import { Box, Button, color, config, Spinner, Text, toRem } from 'folds';
import { useCallback, useEffect, useId, useRef, useState } from 'react';

import { explain } from '../bounded';
import { core } from '../core';
import type { MatrixClientLike } from '../index';
import { checkHistorySafety, type HistorySafety } from '../recovery';
import { useWords } from './CryptoDiagWordsProvider';
import { RoomKeyExport } from './RoomKeyExport';
import { useCryptoDiagnostics } from './useCryptoDiagnostics';
import { useNotNow } from './useNotNow';
import type { RecoveryWords, SomeOf } from './words';

/** The SDK's clearing of its stores was seen to take longer than this, or for ever. */
const LOGOUT_MS = 30_000;
/** The first look again comes soon, the others later and later: each may ask the server. */
const LOOK_AGAIN_MS = 3000;
const LOOK_SELDOM_MS = 60_000;

export type CryptoRecoveryPromptProps = {
  mx: MatrixClientLike;
  /** The host's own logout, at the server, too: it has to drop the device and its one-time keys. */
  onLogout: () => unknown;
  words?: SomeOf<RecoveryWords>;
};

/**
 * Nothing, until the encryption of this device has broken for good; then what happened, and the way out. It never offers
 * to clear the browser's storage: without a logout, that is what breaks it.
 */
export function CryptoRecoveryPrompt({ mx, onLogout, words }: CryptoRecoveryPromptProps) {
  const { recovery: found } = useCryptoDiagnostics();
  const text = useWords('recovery', words);
  const deviceId = deviceOf(mx);
  // That of another account, or of before a logout, is not this client's.
  const isOther = found?.deviceId && deviceId && found.deviceId !== deviceId;
  const recovery = isOther ? null : found;
  const [isPutOff, putOff] = useNotNow(recovery?.reason, deviceId);
  // While the logout runs, the sign of the fault may go before the screen does.
  const [isLeaving, setLeaving] = useState(false);
  const handleNotNow = () => {
    setLeaving(false);
    putOff();
  };
  if ((!recovery || isPutOff) && !isLeaving) return null;
  return (
    <Prompt
      mx={mx}
      what={text.what[recovery?.reason ?? 'upload-loop']}
      words={text}
      onLogout={onLogout}
      onNotNow={handleNotNow}
      onLeaving={setLeaving}
    />
  );
}

function deviceOf(mx: MatrixClientLike): string {
  try {
    return String(mx.getDeviceId?.() ?? '');
  } catch {
    return '';
  }
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
  const heading = useId();
  const [safety, setSafety] = useState<HistorySafety>();
  const [isConfirmed, setConfirmed] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState('');
  // A logout that failed may have stopped the client, and then it has no answers; nor does it get more keys. What it said
  // before holds.
  const left = useRef<MatrixClientLike>();
  const latest = useRef<HistorySafety>();
  const lookAt = useCallback(async () => {
    const found = await checkHistorySafety(mx);
    const isStopped = left.current === mx && found.roomKeys === null;
    if (!latest.current || !isStopped) latest.current = found;
    return latest.current;
  }, [mx]);

  useEffect(() => {
    // A client that is logging out has no answers.
    if (isBusy) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isCurrent = true;
    let wait = LOOK_AGAIN_MS;
    const look = async () => {
      const found = await lookAt();
      if (!isCurrent) return;
      setSafety(found);
      // The backup may be about to take the last keys up; or a message has come whose key it has not.
      timer = setTimeout(look, wait);
      wait = Math.min(wait * 2, LOOK_SELDOM_MS);
    };
    void look();
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, [lookAt, isBusy]);

  const isReady = safety !== undefined && (safety.isSafe || isConfirmed) && !isBusy;
  const handleReset = async () => {
    if (!isReady) return;
    setBusy(true);
    setTrouble('');
    const found = isConfirmed ? safety : await lookAt();
    setSafety(found);
    if (!isConfirmed && !found.isSafe) {
      setBusy(false);
      return;
    }
    left.current = mx;
    const device = deviceOf(mx);
    onLeaving(true);
    // It goes on for all that: a second one beside it would help nobody.
    const hangs = setTimeout(() => setTrouble(words.logoutHangs), LOGOUT_MS);
    try {
      await onLogout();
      core().loggedOut(undefined, device || undefined);
      setTrouble('');
    } catch (error) {
      setTrouble(words.logoutFailed(explain(error)));
    } finally {
      clearTimeout(hangs);
      setBusy(false);
      onLeaving(false);
    }
  };

  return (
    <Box
      as="section"
      aria-labelledby={heading}
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
      {/* No dialog: it takes no focus from what a person is doing. A screen reader says it at once. */}
      <Box role="alert" direction="Column" gap="300">
        <Text as="h2" id={heading} size="H4">
          {words.title}
        </Text>
        <Text size="T300">
          {what} {words.meaning}
        </Text>
      </Box>
      <Box as="output" direction="Column" gap="100">
        {safety ? <Safety safety={safety} words={words} /> : <Text size="T200">{words.checking}</Text>}
      </Box>
      {safety && !safety.isSafe && (
        <>
          {safety.roomKeys !== 0 && <RoomKeyExport mx={mx} words={words} />}
          <label style={{ display: 'flex', gap: config.space.S200, alignItems: 'start' }}>
            <input type="checkbox" checked={isConfirmed} onChange={(event) => setConfirmed(event.target.checked)} />
            <Text as="span" size="T300">
              {words.confirm}
            </Text>
          </label>
        </>
      )}
      <Box gap="200" wrap="Wrap">
        <Button
          type="button"
          size="400"
          radii="300"
          variant="Critical"
          aria-disabled={!isReady}
          // On a narrow screen it takes two lines.
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

type SafetyProps = { safety: HistorySafety; words: RecoveryWords };
function Safety({ safety, words }: SafetyProps) {
  const { isSafe, backup, recoveryKey, roomKeys, notBackedUp } = safety;
  if (isSafe) return <Text size="T300">{words.safe(roomKeys ?? 0)}</Text>;
  return (
    <>
      <Text size="T300" style={{ color: color.Critical.Main }}>
        {notBackedUp === 0 ? words.locked : words.lost(notBackedUp)}
      </Text>
      <Text size="T200">
        {words.backup[backup ?? 'unknown']} {recoveryKey === false && words.noRecoveryKey}
      </Text>
    </>
  );
}

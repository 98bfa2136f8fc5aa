import { Box, Button, Icon, Icons, Text } from 'folds';
import { useId, useRef, useState } from 'react';

import type { MatrixClientLike, RecoveryReason } from '../index';
import { useWords } from './CryptoDiagWordsProvider';
import { RecoverySteps } from './RecoverySteps';
import { TopBar, type TopBarProps } from './TopBar';
import { useCryptoDiagnostics } from './useCryptoDiagnostics';
import { useNotNow } from './useNotNow';
import type { RecoveryWords, SomeOf } from './words';

export type CryptoRecoveryPromptProps = {
  mx: MatrixClientLike;
  /** The host's own logout, at the server, too: it has to drop the device and its one-time keys. */
  onLogout: () => unknown;
  /**
   * `top`, unless it is given: along the top of the window and above open modals; rendered as the first child of a column,
   * it pushes the app down instead of covering it. `inline`: as a box where it is rendered.
   */
  placement?: 'top' | 'inline';
  words?: SomeOf<RecoveryWords>;
};

/**
 * Renders nothing until this device can only be fixed by logging out and back in; then a bar that says so, and that opens to
 * what happened, what would be lost, and the way out. It never offers to clear the browser's storage: without a logout,
 * that is what breaks the encryption.
 */
export function CryptoRecoveryPrompt({ mx, onLogout, placement = 'top', words }: CryptoRecoveryPromptProps) {
  const { recovery: found } = useCryptoDiagnostics();
  const text = useWords('recovery', words);
  const deviceId = deviceOf(mx);
  // That of another account, or of before a logout, is not this client's.
  const isOther = found?.deviceId && deviceId && found.deviceId !== deviceId;
  const recovery = isOther ? null : found;
  const [isPutOff, putOff] = useNotNow(recovery !== null, deviceId);
  // While the logout runs, the sign of the fault may go before the screen does.
  const [isLeaving, setLeaving] = useState(false);
  const reason = useRef<RecoveryReason['reason']>('upload-loop');
  if (recovery) reason.current = recovery.reason;
  const handleNotNow = () => {
    setLeaving(false);
    putOff();
  };
  if ((!recovery || isPutOff) && !isLeaving) return null;
  return (
    <Prompt
      mx={mx}
      deviceId={deviceId}
      reason={reason.current}
      placement={placement}
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
  deviceId: string;
  reason: RecoveryReason['reason'];
  placement: TopBarProps['placement'];
  words: RecoveryWords;
  onLogout: () => unknown;
  onNotNow: () => void;
  onLeaving: (isLeaving: boolean) => void;
};
function Prompt({ mx, deviceId, reason, placement, words, onLogout, onNotNow, onLeaving }: PromptProps) {
  const heading = useId();
  const steps = useId();
  const [isOpen, setOpen] = useState(false);
  // Closed again, it keeps what was typed and said.
  const wasOpened = useRef(false);
  if (isOpen) wasOpened.current = true;

  const bar = (
    <>
      {/* No dialog: it takes no focus from what a person is doing. A screen reader says it at once. */}
      <Box role="alert" style={{ flex: '1 1 14rem', minWidth: 0 }}>
        <Text as="h2" id={heading} size="L400">
          {words.title}
        </Text>
      </Box>
      <Box shrink="No" gap="200" wrap="Wrap">
        <Button
          type="button"
          size="300"
          radii="300"
          variant="Critical"
          aria-expanded={isOpen}
          aria-controls={wasOpened.current ? steps : undefined}
          onClick={() => setOpen(!isOpen)}
          after={<Icon src={isOpen ? Icons.ChevronTop : Icons.ChevronBottom} size="100" filled aria-hidden />}
        >
          <Text as="span" size="B300">
            {words.fix}
          </Text>
        </Button>
        <Button type="button" size="300" radii="300" variant="Critical" fill="Soft" outlined onClick={onNotNow}>
          <Text as="span" size="B300">
            {words.notNow}
          </Text>
        </Button>
      </Box>
    </>
  );
  return (
    <TopBar placement={placement} labelledBy={heading} bar={bar}>
      {wasOpened.current && (
        <div id={steps} hidden={!isOpen}>
          <RecoverySteps
            mx={mx}
            deviceId={deviceId}
            reason={reason}
            isShown={isOpen}
            words={words}
            onLogout={onLogout}
            onLeaving={onLeaving}
          />
        </div>
      )}
    </TopBar>
  );
}

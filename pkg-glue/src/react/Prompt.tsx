import { Box, Button, Icon, Icons, Text } from 'folds';
import { useId, useRef, useState } from 'react';

import type { MatrixClientLike, RecoveryReason } from '../index';
import { useWords } from './CryptoDiagWordsProvider';
import type { CryptoRecoveryPromptProps } from './CryptoRecoveryPrompt';
import { RecoverySteps } from './RecoverySteps';
import type { RepairInPrompt } from './RepairKeys';
import { TopBar, type TopBarProps } from './TopBar';
import { ENGLISH_RECOVERY } from './words';

export type PromptProps = Pick<CryptoRecoveryPromptProps, 'words'> & {
  mx: MatrixClientLike;
  deviceId: string;
  reason: RecoveryReason['reason'];
  repair: RepairInPrompt;
  placement: TopBarProps['placement'];
  onLogout: () => unknown;
  onNotNow: () => void;
  onLoggingOut: (isLoggingOut: boolean) => void;
};
/** A bar with the problem, which opens to show how to fix it; after a repair, a bar that says it worked. */
export function Prompt(props: PromptProps) {
  const { mx, deviceId, reason, repair, placement, words: own, onLogout, onNotNow, onLoggingOut } = props;
  const isRepaired = repair.isOver && repair.outcome?.state === 'repaired';
  const words = useWords('recovery', ENGLISH_RECOVERY, own);
  const heading = useId();
  const steps = useId();
  const [isOpen, setOpen] = useState(false);
  // Stays mounted when closed, so that inputs and outcomes are kept.
  const wasOpened = useRef(false);
  if (isOpen) wasOpened.current = true;
  const variant = isRepaired ? 'Success' : 'Critical';

  const bar = (
    <>
      {/* Not a dialog, so that the user's focus stays. `alert` makes screen readers announce it at once. */}
      <Box role="alert" style={{ flex: '1 1 14rem', minWidth: 0 }}>
        <Text as="h2" id={heading} size="L400">
          {isRepaired ? words.repair.repairedTitle : words.title}
        </Text>
      </Box>
      <Box shrink="No" gap="200" wrap="Wrap">
        {!isRepaired && (
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
        )}
        {!repair.isRunning && (
          <Button type="button" size="300" radii="300" variant={variant} fill="Soft" outlined onClick={onNotNow}>
            <Text as="span" size="B300">
              {isRepaired ? words.repair.close : words.notNow}
            </Text>
          </Button>
        )}
      </Box>
    </>
  );
  return (
    <TopBar placement={placement} variant={variant} labelledBy={heading} bar={bar}>
      {wasOpened.current && (
        <div id={steps} hidden={!isOpen}>
          <RecoverySteps
            mx={mx}
            deviceId={deviceId}
            reason={reason}
            isShown={isOpen}
            repair={repair}
            words={words}
            onLogout={onLogout}
            onLoggingOut={onLoggingOut}
          />
        </div>
      )}
    </TopBar>
  );
}

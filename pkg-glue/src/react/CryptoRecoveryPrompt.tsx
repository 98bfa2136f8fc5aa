import { useRef, useState } from 'react';

import type { CryptoDiagSnapshot, MatrixClientLike, RecoveryReason, RepairStatus } from '../index';
import { useCryptoDiagnostics } from './useCryptoDiagnostics';
import { useLater } from './useLater';
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
  /** Whether the repair in place is offered where it can help: see `repairOneTimeKeys`. It is, unless this is `false`. */
  repair?: boolean;
  words?: SomeOf<RecoveryWords>;
};

/**
 * Renders nothing until the encryption of this device is broken; then a bar that says so, and that opens to what happened, what
 * would be lost, and the ways out, the gentlest first. It never offers to clear the browser's storage: without a logout,
 * that is what breaks the encryption.
 */
export function CryptoRecoveryPrompt(props: CryptoRecoveryPromptProps) {
  const { mx, onLogout, placement = 'top', repair = true, words } = props;
  const snapshot = useCryptoDiagnostics();
  const { recovery: found } = snapshot;
  const deviceId = deviceOf(mx);
  // That of another account, or of before a logout, is not this client's.
  const isOther = found?.deviceId && deviceId && found.deviceId !== deviceId;
  const recovery = isOther ? null : found;
  // Loaded with the app, not with the trouble: by then the server may have a newer version only.
  const loaded = useLater(() => import('./Prompt'), recovery !== null);
  const [isPutOff, putOff] = useNotNow(isWell(snapshot), deviceId);
  // While the logout runs, the sign of the fault may go before the screen does.
  const [isLeaving, setLeaving] = useState(false);
  // So it is while a repair runs, and what came of it is to be read.
  const isRepairing = snapshot.repair?.state === 'running' && snapshot.repair.deviceId === deviceId;
  const [outcome, setOutcome] = useState<RepairStatus>();
  const reason = useRef<RecoveryReason['reason']>('upload-loop');
  if (recovery) reason.current = recovery.reason;
  const handleNotNow = () => {
    setLeaving(false);
    setOutcome(undefined);
    if (recovery) putOff();
  };
  const isNeeded = (recovery && !isPutOff) || isLeaving || isRepairing || outcome;
  if (loaded === undefined || !isNeeded) return null;
  if (loaded === null) return <p role="alert">The encryption of this device is broken. Reload this page.</p>;
  return (
    <loaded.Prompt
      mx={mx}
      deviceId={deviceId}
      reason={reason.current}
      repair={{ isAllowed: repair, isRunning: isRepairing, outcome, isOver: !recovery, onOutcome: setOutcome }}
      placement={placement}
      {...(words ? { words } : {})}
      onLogout={onLogout}
      onNotNow={handleNotNow}
      onLeaving={setLeaving}
    />
  );
}

/** Nothing is wrong, as far as was looked. That a fault has no name for a moment is no recovery. */
function isWell({ cryptoStore, uploadLoop, recovery }: CryptoDiagSnapshot): boolean {
  const isStoreWell = !cryptoStore || ['healthy', 'first-run'].includes(cryptoStore.verdict);
  return !recovery && isStoreWell && ['idle', 'recovered'].includes(uploadLoop.state);
}

function deviceOf(mx: MatrixClientLike): string {
  try {
    return String(mx.getDeviceId?.() ?? '');
  } catch {
    return '';
  }
}

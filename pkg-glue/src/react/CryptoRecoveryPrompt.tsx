import { useRef, useState } from 'react';

import type { CryptoDiagSnapshot, MatrixClientLike, RecoveryReason, RepairStatus, ReportExtras } from '../index';
import { useCryptoDiagnostics } from './useCryptoDiagnostics';
import { useLazyModule } from './useLazyModule';
import { useNotNow } from './useNotNow';
import type { RecoveryWords, SomeOf } from './words';

export type CryptoRecoveryPromptProps = {
  mx: MatrixClientLike;
  /** The host's own logout. It must also log out at the server, which deletes the device and its one-time keys. */
  onLogout: () => unknown;
  /**
   * `top` (default): fixed at the top of the window, above open modals; rendered as the first child of a column, it
   * pushes the app down instead of covering it. `inline`: a box where it is rendered.
   */
  placement?: 'top' | 'inline';
  /** Whether to offer the repair without logout where it can help: see `repairOneTimeKeys`. Default: `true`. */
  repair?: boolean;
  /** Report fields that only the host knows: the report can be saved before a repair. */
  extras?: ReportExtras;
  words?: SomeOf<RecoveryWords>;
};

/**
 * Renders nothing until the encryption of this device is broken. Then it shows a bar; opened, the bar explains what
 * happened, what would be lost, and how to fix it, least disruptive first. It never offers to clear the browser's
 * storage: without a logout, that is what breaks the encryption.
 */
export function CryptoRecoveryPrompt(props: CryptoRecoveryPromptProps) {
  const { mx, onLogout, placement = 'top', repair = true, extras, words } = props;
  const snapshot = useCryptoDiagnostics();
  const { recovery: found } = snapshot;
  const deviceId = deviceOf(mx);
  // A reason found for another account, or for the device before a logout, is not about this client.
  const isOther = found?.deviceId && deviceId && found.deviceId !== deviceId;
  const recovery = isOther ? null : found;
  // Loaded with the app, not when the fault occurs: by then the app's server may only have a newer version's files.
  const loaded = useLazyModule(() => import('./Prompt'), recovery !== null);
  const [isDismissed, dismiss] = useNotNow(isWell(snapshot), deviceId);
  // During the logout, the fault may end before this component is unmounted: keep showing the prompt.
  const [isLoggingOut, setLoggingOut] = useState(false);
  // The same during a repair, and afterwards until the user has read its outcome.
  const isRepairing = snapshot.repair?.state === 'running' && snapshot.repair.deviceId === deviceId;
  const [outcome, setOutcome] = useState<RepairStatus>();
  const reason = useRef<RecoveryReason['reason']>('upload-loop');
  if (recovery) reason.current = recovery.reason;
  const handleNotNow = () => {
    setLoggingOut(false);
    setOutcome(undefined);
    if (recovery) dismiss();
  };
  const isNeeded = (recovery && !isDismissed) || isLoggingOut || isRepairing || outcome;
  if (loaded === undefined || !isNeeded) return null;
  if (loaded === null) return <p role="alert">The encryption of this device is broken. Reload this page.</p>;
  return (
    <loaded.Prompt
      mx={mx}
      deviceId={deviceId}
      reason={reason.current}
      repair={{ isAllowed: repair, isRunning: isRepairing, outcome, isOver: !recovery, extras, onOutcome: setOutcome }}
      placement={placement}
      {...(words ? { words } : {})}
      onLogout={onLogout}
      onNotNow={handleNotNow}
      onLoggingOut={setLoggingOut}
    />
  );
}

/**
 * Whether nothing is wrong as far as known. A missing `recovery` reason alone is not enough: it can be missing for a
 * moment.
 */
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

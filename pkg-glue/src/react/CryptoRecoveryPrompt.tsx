import { useRef, useState } from 'react';

import type { MatrixClientLike, RecoveryReason } from '../index';
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
  words?: SomeOf<RecoveryWords>;
};

/**
 * Renders nothing until this device can only be fixed by logging out and back in; then a bar that says so, and that opens to
 * what happened, what would be lost, and the way out. It never offers to clear the browser's storage: without a logout,
 * that is what breaks the encryption.
 */
export function CryptoRecoveryPrompt({ mx, onLogout, placement = 'top', words }: CryptoRecoveryPromptProps) {
  const { recovery: found } = useCryptoDiagnostics();
  // Loaded with the app, not with the trouble: then the server may have a newer one only.
  const loaded = useLater(() => import('./Prompt'));
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
  if (!loaded || ((!recovery || isPutOff) && !isLeaving)) return null;
  return (
    <loaded.Prompt
      mx={mx}
      deviceId={deviceId}
      reason={reason.current}
      placement={placement}
      {...(words ? { words } : {})}
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

import { type ReactNode, useEffect, useRef, useState } from 'react';

import { explain } from '../bounded';
import { type CryptoStoreOptions, checkCryptoStore, type DeviceIds } from '../index';
import { useWords } from './CryptoDiagWordsProvider';
import { GateScreen } from './GateScreen';
import { ENGLISH_STORE, type SomeOf, type StoreWords } from './words';

/** With a reachable server, a logout of one request takes no longer than this. */
const SIGN_OUT_MS = 30_000;

/**
 * Devices of this page whose user chose to continue anyway: they are not asked again when the gate is mounted again.
 */
const continuedDevices = new Set<string>();

export type CryptoStoreGateProps = DeviceIds &
  CryptoStoreOptions & {
    /**
     * The part of the app that starts the client. Rendered only after the crypto store was checked: a few milliseconds,
     * or some seconds in a browser that does not answer.
     */
    children: ReactNode;
    /**
     * Must log the session out at the server (see `logOutDevice`), remove the session from localStorage, and show the
     * login. An exception is shown to the user, and the session stays.
     */
    onSignOut: () => unknown;
    /** Name of the app, for the texts. */
    appName?: string;
    /** Whether the user may continue with a device that cannot receive encrypted messages. */
    allowAnyway?: boolean;
    words?: SomeOf<StoreWords>;
  };

/**
 * Renders its children, unless two independent signs show that this browser deleted the device's encryption keys: then
 * a screen that leads to a new login. Without it, the SDK would create new keys for the old device, which other devices
 * reject. In doubt, the children are rendered.
 */
export function CryptoStoreGate(props: CryptoStoreGateProps) {
  const { userId, deviceId, databasePrefix, loggedInAt, children, allowAnyway } = props;
  const device = `${userId} ${deviceId}`;
  /** The device that was checked, and whether its keys were deleted. */
  const [found, setFound] = useState<{ device: string; isDeleted: boolean }>();
  const [, setContinuedCount] = useState(continuedDevices.size);

  useEffect(() => {
    let isOver = false;
    const options = {
      ...(databasePrefix === undefined ? {} : { databasePrefix }),
      ...(loggedInAt === undefined ? {} : { loggedInAt }),
    };
    void checkCryptoStore({ userId, deviceId }, options).then(({ keysDeleted }) => {
      if (!isOver) setFound({ device, isDeleted: keysDeleted });
    });
    return () => {
      isOver = true;
    };
  }, [userId, deviceId, databasePrefix, loggedInAt, device]);

  if (found?.device !== device) return null;
  // A fragment, because TypeScript before 5.1 accepts no component that returns a `ReactNode`.
  if (!found.isDeleted || continuedDevices.has(device)) return <>{children}</>;
  const handleAnyway = () => {
    continuedDevices.add(device);
    setContinuedCount(continuedDevices.size);
  };
  return <DeletedScreen {...props} onAnyway={allowAnyway ? handleAnyway : undefined} />;
}

type DeletedScreenProps = CryptoStoreGateProps & { onAnyway: (() => void) | undefined };
function DeletedScreen({ appName = 'This app', words, onSignOut, onAnyway }: DeletedScreenProps) {
  const text = useWords('store', ENGLISH_STORE, words);
  const [isSigningOut, setSigningOut] = useState(false);
  const [problem, setProblem] = useState('');
  const isShown = useRef(true);
  useEffect(() => {
    isShown.current = true;
    return () => {
      isShown.current = false;
    };
  }, []);

  const handleSignOut = async () => {
    if (isSigningOut) return;
    setSigningOut(true);
    setProblem('');
    const hangTimer = setTimeout(() => {
      if (!isShown.current) return;
      setProblem(text.hangs);
      setSigningOut(false);
    }, SIGN_OUT_MS);
    try {
      await onSignOut();
    } catch (error) {
      if (isShown.current) setProblem(text.failed(explain(error)));
    } finally {
      clearTimeout(hangTimer);
      if (isShown.current) setSigningOut(false);
    }
  };

  return (
    <GateScreen
      testId="crypto-store-gate"
      title={text.title}
      why={[text.what(appName), text.way]}
      action={text.signOut}
      isBusy={isSigningOut}
      onAction={handleSignOut}
      outcome={problem || (isSigningOut ? text.leaving : '')}
      anyway={text.anyway}
      onAnyway={onAnyway}
    />
  );
}

import { type ReactNode, useEffect, useRef, useState } from 'react';

import { explain } from '../bounded';
import { type CryptoStoreOptions, checkCryptoStore, type DeviceIds } from '../index';
import { useWords } from './CryptoDiagWordsProvider';
import { GateScreen } from './GateScreen';
import { ENGLISH_STORE, type SomeOf, type StoreWords } from './words';

/** A logout of one request takes no longer where the server is there. */
const SIGN_OUT_MS = 30_000;

/** The devices of this page with which somebody went on: they are not asked again when the gate is drawn anew. */
const goneOn = new Set<string>();

export type CryptoStoreGateProps = DeviceIds &
  CryptoStoreOptions & {
    /**
     * What starts the client. It is not there before the crypto store was looked for: a few milliseconds, and some seconds in
     * a browser that does not answer.
     */
    children: ReactNode;
    /**
     * Logs the session out at the server (see `logOutDevice`), drops the session's own keys of localStorage, and goes to the
     * login. What it throws is shown; the session then stays.
     */
    onSignOut: () => unknown;
    /** Name of the app, for the words. */
    appName?: string;
    /** Whether a person may go on with a device that nobody can send encrypted messages to. */
    allowAnyway?: boolean;
    words?: SomeOf<StoreWords>;
  };

/**
 * Shows its children, unless two signs say that this browser deleted the device's encryption keys: then a calm screen that
 * leads to a new login. The SDK would make new keys under the old device, which others do not accept. Every doubtful case
 * passes.
 */
export function CryptoStoreGate(props: CryptoStoreGateProps) {
  const { userId, deviceId, databasePrefix, loggedInAt, children, allowAnyway } = props;
  const device = `${userId} ${deviceId}`;
  /** The device that was looked for, and whether its keys were deleted. */
  const [found, setFound] = useState<{ device: string; isDeleted: boolean }>();
  const [, setGoneOn] = useState(goneOn.size);

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
  // An element, not the children themselves: TypeScript before 5.1 takes no component that returns a `ReactNode`.
  if (!found.isDeleted || goneOn.has(device)) return <>{children}</>;
  const handleAnyway = () => {
    goneOn.add(device);
    setGoneOn(goneOn.size);
  };
  return <DeletedScreen {...props} onAnyway={allowAnyway ? handleAnyway : undefined} />;
}

type DeletedScreenProps = CryptoStoreGateProps & { onAnyway: (() => void) | undefined };
function DeletedScreen({ appName = 'This app', words, onSignOut, onAnyway }: DeletedScreenProps) {
  const text = useWords('store', ENGLISH_STORE, words);
  const [isLeaving, setLeaving] = useState(false);
  const [trouble, setTrouble] = useState('');
  const isShown = useRef(true);
  useEffect(() => {
    isShown.current = true;
    return () => {
      isShown.current = false;
    };
  }, []);

  const handleSignOut = async () => {
    if (isLeaving) return;
    setLeaving(true);
    setTrouble('');
    const hangs = setTimeout(() => {
      if (!isShown.current) return;
      setTrouble(text.hangs);
      setLeaving(false);
    }, SIGN_OUT_MS);
    try {
      await onSignOut();
    } catch (error) {
      if (isShown.current) setTrouble(text.failed(explain(error)));
    } finally {
      clearTimeout(hangs);
      if (isShown.current) setLeaving(false);
    }
  };

  return (
    <GateScreen
      testId="crypto-store-gate"
      title={text.title}
      why={[text.what(appName), text.way]}
      action={text.signOut}
      isBusy={isLeaving}
      onAction={handleSignOut}
      outcome={trouble || (isLeaving ? text.leaving : '')}
      anyway={text.anyway}
      onAnyway={onAnyway}
    />
  );
}

import type { CryptoDiagSnapshot, CryptoStoreStatus } from 'lotus-crypto-diag';
import type { MatrixClient } from 'matrix-js-sdk';
import type { JoinSessionConfig } from 'matrix-js-sdk/lib/matrixrtc';

export interface Session {
  baseUrl: string;
  userId: string;
  deviceId: string;
  accessToken: string;
}

/** A message of a timeline; without a body, it could not be decrypted. */
export interface Line {
  eventId: string;
  body: string | null;
}

/** What people do with a client. */
export interface Conversation {
  /** Encrypted; gives the room's id. */
  createRoom(invite: string[]): Promise<string>;
  join(roomId: string): Promise<void>;
  /** Gives the event's id. */
  send(roomId: string, body: string): Promise<string>;
  read(roomId: string): Promise<Line[]>;
  /** As a call does, to one device of somebody written to before. Whether it could be encrypted for it; on the way there it may be damaged. */
  sendMediaKey(userId: string, deviceId: string, damaged?: boolean): Promise<boolean>;
  joinCall(roomId: string, config: JoinSessionConfig): Promise<void>;
  leaveCall(roomId: string): Promise<void>;
}

/** What the page `client.html` offers to a test. */
export interface LabClient extends Conversation {
  /** Of the SDK that the page was built with. */
  readonly sdkVersion: string;
  login(
    baseUrl: string,
    user: string,
    password: string,
    deviceId?: string,
  ): Promise<{ userId: string; deviceId: string }>;
  /** Another account in the same page, whose client keeps all in memory. */
  loginBeside(baseUrl: string, user: string, password: string): Promise<{ userId: string; deviceId: string }>;
  logout(): Promise<void>;
  /** When the client is in step with the server. */
  synced(): Promise<void>;
  /** Cross-signing, a recovery key and a key backup; gives the recovery key. */
  setUpBackup(): Promise<string>;
  /** Gives how many keys were imported. */
  restoreBackup(recoveryKey: string): Promise<number>;
  /** In a new encrypted room; gives the room's id. */
  writeMessage(): Promise<string>;
  /** As apps do in production. */
  silenceLogger(): void;
  deleteDatabases(names: string[]): Promise<void>;
  /** Keeps a copy of the crypto store beside it. Only on an idle page. */
  copyStore(): Promise<void>;
  /** Puts the copy in the store's place. Only on an idle page. */
  putStoreBack(): Promise<void>;
  readonly client: MatrixClient | undefined;
}

/** What the page `undriven.html` tells. */
export interface News {
  /** Another with each load of the page. */
  loadedAt: number;
  syncState: string | null;
  cryptoStore: CryptoStoreStatus | null;
  recovery: CryptoDiagSnapshot['recovery'];
  /** Entries of KE-1. */
  oldKeys: number;
  /** Of the report's diagnosis, by the finding. */
  conclusions: Record<string, string>;
}

declare global {
  /** Set when the pages are built. */
  const SDK_VERSION: string;

  interface Window {
    lab: LabClient;
    started: Promise<void>;
    /** The device's crypto store, as it was found before the client was made. */
    storeAtStart: Promise<CryptoStoreStatus>;
    /** The databases that the page has opened. */
    opened: string[];
    /** How often the app's logout was called. */
    logouts: number;
    /** Never comes back, if a test says so. */
    logoutHangs?: boolean;
    /** Throws when the tab leads no more, if a test says so. */
    failsToStop?: boolean;
    /** Opens a call in a frame, with the Element Call of a folder of the test server. */
    openCall(folder: string, roomId: string): { joined: Promise<void>; close(): void };
  }
}

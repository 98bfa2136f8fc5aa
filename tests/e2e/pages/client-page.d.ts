import type { CryptoDiagSnapshot, CryptoStoreStatus } from 'lotus-crypto-diag';
import type { MatrixClient } from 'matrix-js-sdk';
import type { JoinSessionConfig } from 'matrix-js-sdk/lib/matrixrtc';

export interface Session {
  baseUrl: string;
  userId: string;
  deviceId: string;
  accessToken: string;
}

/** A message of a timeline; `body` is `null` if it could not be decrypted. */
export interface Line {
  eventId: string;
  body: string | null;
}

/** What users do with a client. */
export interface Conversation {
  /** An encrypted room; resolves to the room's id. */
  createRoom(invite: string[]): Promise<string>;
  join(roomId: string): Promise<void>;
  /** Resolves to the event's id. */
  send(roomId: string, body: string): Promise<string>;
  read(roomId: string): Promise<Line[]>;
  /**
   * Sends a media key like a call, to one device of a user already written to; `damaged` corrupts it on the way.
   * Resolves to whether it could be encrypted for the device.
   */
  sendMediaKey(userId: string, deviceId: string, damaged?: boolean): Promise<boolean>;
  joinCall(roomId: string, config: JoinSessionConfig): Promise<void>;
  leaveCall(roomId: string): Promise<void>;
}

/** What the page `client.html` offers to tests. */
export interface LabClient extends Conversation {
  /** Version of the SDK that the page was built with. */
  readonly sdkVersion: string;
  login(
    baseUrl: string,
    user: string,
    password: string,
    deviceId?: string,
  ): Promise<{ userId: string; deviceId: string }>;
  /** Logs another account in, in the same page; its client stores everything in memory. */
  loginSecondAccount(baseUrl: string, user: string, password: string): Promise<{ userId: string; deviceId: string }>;
  logout(): Promise<void>;
  /** Resolves when the client has synced. */
  synced(): Promise<void>;
  /** Sets up cross-signing, a recovery key and a key backup; resolves to the recovery key. */
  setUpBackup(): Promise<string>;
  /** Resolves to the number of imported keys. */
  restoreBackup(recoveryKey: string): Promise<number>;
  /** Writes in a new encrypted room; resolves to the room's id. */
  writeMessage(): Promise<string>;
  /** Silences the SDK's logger, as apps do in production. */
  silenceLogger(): void;
  deleteDatabases(names: string[]): Promise<void>;
  /** Copies the crypto store to another database. Only on an idle page. */
  copyStore(): Promise<void>;
  /** Replaces the crypto store with the copy. Only on an idle page. */
  putStoreBack(): Promise<void>;
  readonly client: MatrixClient | undefined;
}

/** What the page `undriven.html` reports. */
export interface PageStatus {
  /** Different for each page load. */
  loadedAt: number;
  syncState: string | null;
  cryptoStore: CryptoStoreStatus | null;
  recovery: CryptoDiagSnapshot['recovery'];
  /** The number of KE-1 entries. */
  oldKeys: number;
  /** The conclusions of the report's diagnosis, by finding. */
  conclusions: Record<string, string>;
}

declare global {
  /** Set when the pages are built. */
  const SDK_VERSION: string;

  interface Window {
    lab: LabClient;
    started: Promise<void>;
    /** The state of the device's crypto store before the client was created. */
    storeAtStart: Promise<CryptoStoreStatus>;
    /** The databases that the page has opened. */
    opened: string[];
    /** How often the app's logout was called. */
    logouts: number;
    /** If set, the logout never ends. */
    logoutHangs?: boolean;
    /** If set, stopping the client throws when the tab no longer leads. */
    failsToStop?: boolean;
    /** Opens a call in a frame, with the Element Call from a folder of the test server. */
    openCall(folder: string, roomId: string): { joined: Promise<void>; close(): void };
  }
}

import type { MatrixClient } from 'matrix-js-sdk';

export interface Session {
  baseUrl: string;
  userId: string;
  deviceId: string;
  accessToken: string;
}

/** What the page `client.html` offers to a test. */
export interface LabClient {
  login(
    baseUrl: string,
    user: string,
    password: string,
    deviceId?: string,
  ): Promise<{ userId: string; deviceId: string }>;
  logout(): Promise<void>;
  /** When the client is in step with the server. */
  synced(): Promise<void>;
  /** Cross-signing, a recovery key and a key backup. */
  setUpBackup(): Promise<void>;
  /** In a new encrypted room; gives the room's id. */
  writeMessage(): Promise<string>;
  /** As apps do in production. */
  silenceLogger(): void;
  deleteDatabases(names: string[]): Promise<void>;
  readonly client: MatrixClient | undefined;
}

declare global {
  interface Window {
    lab: LabClient;
    started: Promise<void>;
    /** The databases that the page has opened. */
    opened: string[];
    /** How often the app's logout was called. */
    logouts: number;
    /** Never comes back, if a test says so. */
    logoutHangs?: boolean;
  }
}

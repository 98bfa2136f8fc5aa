import type { Page } from '@playwright/test';

import type { Account, Device } from '../client';
import type { lab as createLab, homeserver } from '../homeserver';
import type { connect } from '../matrix-api';

/** What a session can use. */
export interface Session {
  lab: ReturnType<typeof createLab> & Pick<typeof homeserver, 'register'>;
  /** Opens a page in a new browser profile. */
  openPage(): Promise<Page>;
  /** Logs a device in, in a new browser profile, and waits until its first keys are on the server. */
  open(account?: Account): Promise<Device>;
  /** A user without a client. */
  other(): ReturnType<typeof connect>;
  /** From now on, lines belong to this chapter. */
  chapter(name: string): void;
  /** Whether a line of this chapter contains the text. */
  hasLogged(text: string): boolean;
  /** Call this if the SDK is not what logs. */
  loggedBy(product: Product): void;
}

export interface Product {
  name: string;
  version: string;
  /** Prefix of the version in the file name. */
  prefix: string;
}

export type Play = (session: Session) => Promise<void>;

// Whether to record the newest SDK, with the releases that go with it.
export const IS_NEWEST = process.env['RECORD'] === 'newest';

import type { Page } from '@playwright/test';

import type { Account, Device } from '../client';
import type { lab as createLab, homeserver } from '../homeserver';
import type { connect } from '../matrix-api';

/** What a session is played with. */
export interface Session {
  lab: ReturnType<typeof createLab> & Pick<typeof homeserver, 'register'>;
  /** A page in a browser profile of its own. */
  openPage(): Promise<Page>;
  /** A device in a browser profile of its own, logged in, with its first keys on the server. */
  open(account?: Account): Promise<Device>;
  /** Somebody without a client. */
  other(): ReturnType<typeof connect>;
  /** From here on, each line belongs to this part of the session. */
  chapter(name: string): void;
  /** Whether a line of this chapter says so. */
  heard(text: string): boolean;
  /** If it is not the SDK that logs. */
  loggedBy(product: Product): void;
}

export interface Product {
  name: string;
  version: string;
  /** Of the version, in the name of the file. */
  prefix: string;
}

export type Play = (session: Session) => Promise<void>;

// The releases that go with each SDK.
export const IS_NEWEST = process.env['RECORD'] === 'newest';

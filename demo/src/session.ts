// The device of this page: a stand-in, or a real client's once the user has logged in.
import type { MatrixClientLike } from 'lotus-crypto-diag';
import { useSyncExternalStore } from 'react';

import { standIn } from './device';

export type Device = {
  mx: MatrixClientLike;
  /** Does what a browser does when it runs out of space: deletes the store and keeps the session. */
  evict(): Promise<void>;
  logout(): Promise<void>;
};

export type Login = { homeserver: string; user: string; password: string };

const SESSION = 'demo-session';

/** The homeserver to log in to: from the page's address, or as given to `make demo`. */
export const HOMESERVER: string | undefined =
  new URLSearchParams(location.search).get('homeserver') ?? (import.meta.env['VITE_HOMESERVER'] || undefined);

let device: Device = standIn;
const listeners = new Set<() => void>();

function setDevice(next: Device): void {
  device = next;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export const useDevice = () => useSyncExternalStore(subscribe, () => device);
export const isReal = (current: Device) => current !== standIn;

// The SDK is several times larger than the rest of the page: it is fetched when the user logs in.
const realClient = () => import('./real-client');

/** Resumes the saved session, if there is one. */
export async function startDevice(): Promise<void> {
  const saved = localStorage.getItem(SESSION);
  if (!saved) return standIn.start();
  setDevice(await (await realClient()).resume(JSON.parse(saved), forget));
}

/** Rejects with an error whose message is readable. */
export async function logIn(login: Login): Promise<void> {
  const { requestSession, resume } = await realClient();
  const session = await requestSession(login);
  // The stand-in's store has the same name as the SDK's.
  await standIn.forget();
  localStorage.setItem(SESSION, JSON.stringify(session));
  setDevice(await resume(session, forget));
}

function forget(): void {
  localStorage.removeItem(SESSION);
  location.reload();
}

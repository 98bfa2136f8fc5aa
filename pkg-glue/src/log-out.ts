import { within } from './bounded';

/** A logout is one small request; where no answer comes in this time, none will. */
const PATIENCE_MS = 10_000;

/**
 * Logs a device out at its homeserver, without a client: the server deletes the device and its keys. For the `onSignOut` of
 * `CryptoStoreGate`. A token that the server does not know any more counts as logged out; one that has only expired does not.
 *
 * @throws an Error in words, where the server could not be reached or refused; the session is then still good
 */
export async function logOutDevice(homeserver: string, accessToken: string): Promise<void> {
  const url = `${homeserver.replace(/\/+$/, '')}/_matrix/client/v3/logout`;
  const answer = await within(
    'the homeserver',
    () => fetch(url, { method: 'POST', headers: { authorization: `Bearer ${accessToken}` } }),
    PATIENCE_MS,
  ).catch((error: unknown) => {
    throw new Error('the homeserver cannot be reached', { cause: error });
  });
  if (answer.ok) return;
  const { errcode, error, soft_logout } = Object(
    await within('the homeserver', () => answer.json(), PATIENCE_MS).catch(() => null),
  );
  // A soft logout keeps the device at the server.
  if (answer.status === 401 && errcode === 'M_UNKNOWN_TOKEN' && soft_logout !== true) return;
  throw new Error(`the homeserver answered ${answer.status}${typeof error === 'string' ? ` (${error})` : ''}`);
}

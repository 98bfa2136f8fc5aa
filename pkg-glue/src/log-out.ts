import { within } from './bounded';

/** A logout is one small request: without an answer in this time, none will come. */
const TIMEOUT_MS = 10_000;

/**
 * Logs a device out at its homeserver, without a client: the server deletes the device and its keys. For the
 * `onSignOut` of `CryptoStoreGate`. A token unknown to the server counts as logged out; a token that has only expired
 * does not.
 *
 * @throws an Error with a readable message if the server could not be reached or refused; the session is then still
 * valid
 */
export async function logOutDevice(homeserver: string, accessToken: string): Promise<void> {
  const url = `${homeserver.replace(/\/+$/, '')}/_matrix/client/v3/logout`;
  const answer = await within(
    'the homeserver',
    () => fetch(url, { method: 'POST', headers: { authorization: `Bearer ${accessToken}` } }),
    TIMEOUT_MS,
  ).catch((error: unknown) => {
    throw new Error('the homeserver cannot be reached', { cause: error });
  });
  if (answer.ok) return;
  const { errcode, error, soft_logout } = Object(
    await within('the homeserver', () => answer.json(), TIMEOUT_MS).catch(() => null),
  );
  // After a soft logout, the server keeps the device.
  if (answer.status === 401 && errcode === 'M_UNKNOWN_TOKEN' && soft_logout !== true) return;
  throw new Error(`the homeserver answered ${answer.status}${typeof error === 'string' ? ` (${error})` : ''}`);
}

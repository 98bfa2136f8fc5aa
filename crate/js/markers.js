// The markers of devices, in localStorage. Everything there may throw: blocked, private, full.

const siblings = (/** @type {string} */ database, /** @type {string} */ userId) =>
  `lotus-crypto-diag/device/${encodeURIComponent(database)}/${encodeURIComponent(userId)}/`;

/**
 * @param {string} database
 * @param {string} userId
 * @param {string} deviceId
 * @returns {string | undefined} what stands at the device's key, after a `=`; or why that is not known, after a `!`
 */
export function readMarker(database, userId, deviceId) {
  try {
    if (!globalThis.localStorage) return '!there is no localStorage';
    const text = localStorage.getItem(siblings(database, userId) + encodeURIComponent(deviceId));
    return text === null ? undefined : `=${text}`;
  } catch (error) {
    return `!${error}`;
  }
}

/**
 * Drops the markers of the user's former devices on the same database, too: they are dead.
 *
 * @param {string} database
 * @param {string} userId
 * @param {string} deviceId
 * @param {string} text
 * @returns {string | undefined} why it could not be written
 */
export function writeMarker(database, userId, deviceId, text) {
  try {
    const prefix = siblings(database, userId);
    const key = prefix + encodeURIComponent(deviceId);
    localStorage.setItem(key, text);
    // Backwards: removing moves the later ones.
    for (let index = localStorage.length - 1; index >= 0; index--) {
      const other = localStorage.key(index);
      if (other?.startsWith(prefix) && other !== key) localStorage.removeItem(other);
    }
    return undefined;
  } catch (error) {
    return String(error);
  }
}

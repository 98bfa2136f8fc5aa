import type { Refusal } from 'lotus-crypto-diag';

const REFUSED = /One time key (\S+:\S+) already exists\. Old key: (.*?); new key: (.*)/s;
/** The old key is JSON, the new one a Python repr. */
const KEY = /^[{]['"]key['"]: ?['"]([A-Za-z0-9+/=]+)['"]|^['"]?([A-Za-z0-9+/=]{40,})/;
/** Whose key it is: `{'signatures': {<user>: {'ed25519:<device>': …}}}` */
const SIGNER = /['"]ed25519:([^'"]+)['"]:/;

/** The homeserver's refusal of a one-time key, from its own words. */
export function readRefusal(words: string, httpStatus: number | null): Refusal | null {
  const [, keyId, old, fresh] = REFUSED.exec(words) ?? [];
  if (!keyId) return null;
  const key = (text: string | undefined) => {
    const [, named, bare] = KEY.exec(text ?? '') ?? [];
    return named ?? bare ?? null;
  };
  return { keyId, oldKey: key(old), newKey: key(fresh), deviceId: SIGNER.exec(words)?.[1] ?? null, httpStatus };
}

// Whether this page takes part in a call: then the tab must not be taken from it.

/** What is read of the SDK's client, by shape; its calls are in no public type of every version. */
interface ClientWithCalls {
  /** Calls of MatrixRTC, by room. */
  matrixRTC?: { roomSessions?: ReadonlyMap<unknown, { isJoined?(): unknown }> };
  /** Calls between two people, by id. */
  callEventHandler?: { calls?: ReadonlyMap<unknown, { state?: unknown }> };
  /** Calls of a group as they were before MatrixRTC, by room. */
  groupCallEventHandler?: { groupCalls?: ReadonlyMap<unknown, { state?: unknown }> };
}

/** States of a call between two people in which this side takes no part: it rings, or is over. */
const IDLE = new Set<unknown>(['fledgling', 'ringing', 'ended']);

/**
 * Whether this page takes part in a call: by the client's own calls, or a frame of the document with Element Call or
 * another app for calls in it. For `canYield`, as in `() => !isInCall(mx) || 'in a call'`. Never throws.
 */
export function isInCall(mx?: object | null): boolean {
  return [() => isClientInCall(mx ?? {}), hasCallFrame].some((asked) => {
    try {
      return asked();
    } catch {
      // A client or a document of another shape has no call that can be seen.
      return false;
    }
  });
}

function isClientInCall({ matrixRTC, callEventHandler, groupCallEventHandler }: ClientWithCalls): boolean {
  const values = <Value>(map: ReadonlyMap<unknown, Value> | undefined): Value[] => [...(map?.values() ?? [])];
  return (
    values(matrixRTC?.roomSessions).some((session) => session.isJoined?.() === true) ||
    values(callEventHandler?.calls).some((call) => !IDLE.has(call.state)) ||
    values(groupCallEventHandler?.groupCalls).some((call) => call.state === 'entered')
  );
}

function hasCallFrame(): boolean {
  if (typeof document !== 'object') return false;
  return [...document.querySelectorAll('iframe')].some(
    ({ src, allow }) => /element-call/i.test(src) || (/microphone|camera/.test(allow) && /call|jitsi|meet/i.test(src)),
  );
}

/** The `canYield` of a host that gives none: a call in a frame of the document is seen without the host. */
export const yieldsUnlessInCall = (): true | string => !isInCall() || 'in a call';

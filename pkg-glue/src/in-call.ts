// Whether this page takes part in a call: if so, another tab must not take over from it.

/** The parts of the SDK's client that are read; no version declares all of them as public types. */
interface ClientWithCalls {
  /** MatrixRTC calls, by room. */
  matrixRTC?: { roomSessions?: ReadonlyMap<unknown, { isJoined?(): unknown }> };
  /** One-to-one calls, by id. */
  callEventHandler?: { calls?: ReadonlyMap<unknown, { state?: unknown }> };
  /** Legacy group calls (before MatrixRTC), by room. */
  groupCallEventHandler?: { groupCalls?: ReadonlyMap<unknown, { state?: unknown }> };
}

/** States of a one-to-one call in which this side does not take part: ringing, or over. */
const IDLE = new Set<unknown>(['fledgling', 'ringing', 'ended']);

/**
 * Whether this page takes part in a call, judged by the client's own calls and by frames of the document that contain
 * Element Call or another call app. For `canYield`: `() => !isInCall(mx) || 'in a call'`. Never throws.
 */
export function isInCall(mx?: object | null): boolean {
  return [() => isClientInCall(mx ?? {}), hasCallFrame].some((check) => {
    try {
      return check();
    } catch {
      // The client or document has an unknown shape, so no call can be seen in it.
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

/** The default `canYield`: calls in a frame can be seen without the host's client. */
export const yieldsUnlessInCall = (): true | string => !isInCall() || 'in a call';

// The state of the library, and what of it could not start.

import { explain } from './bounded';
import type { CaptureState, CaptureStatus } from './generated/model';

/**
 * Starts a part. What it throws reaches nobody: it is noted in the status, once, by the name of the part. Gives whether
 * the part has started.
 */
export type Start = (part: string, run: () => void) => boolean;

export interface StatusBoard {
  /** The same object for as long as nothing changed. */
  now(): CaptureStatus;
  /** The state apart from what did not start. */
  state(): CaptureState;
  set(state: CaptureState, reason: string | null): void;
  readonly start: Start;
}

/** There are fewer parts. An exception may be of any length. */
const MOST_NOTES = 32;
const LONGEST_NOTE = 300;

export function createStatus(onChange: () => void): StatusBoard {
  const missing: string[] = [];
  let state: CaptureState = 'idle';
  let reason: string | null = null;
  let status: CaptureStatus = { state, reason, version: __VERSION__ };

  const publish = () => {
    const notStarted = missing.length > 0 ? `could not be started: ${missing.join('; ')}` : null;
    const reasons = [reason, notStarted].filter((text) => text !== null);
    status = {
      ...status,
      state: state === 'running' && notStarted ? 'degraded' : state,
      reason: reasons.length > 0 ? reasons.join('; ') : null,
    };
    onChange();
  };

  return {
    now: () => status,
    state: () => state,
    set(newState, newReason) {
      if (state === newState && reason === newReason) return;
      state = newState;
      reason = newReason;
      publish();
    },
    start(part, run) {
      try {
        run();
        return true;
      } catch (error) {
        const note = `${part} (${explain(error)})`.slice(0, LONGEST_NOTE);
        if (!missing.includes(note) && missing.length < MOST_NOTES) {
          missing.push(note);
          publish();
        }
        return false;
      }
    },
  };
}

// The library's state, and which of its parts could not start.

import { explain } from './bounded';
import type { CaptureState, CaptureStatus } from './generated/model';

/**
 * Starts a part and returns whether it started. An exception is not rethrown; it is added once to the status, with the
 * name of the part.
 */
export type Start = (part: string, run: () => void) => boolean;

export interface StatusBoard {
  /** Returns the same object until something changes. */
  current(): CaptureStatus;
  /** The state as set, regardless of parts that did not start. */
  state(): CaptureState;
  set(state: CaptureState, reason: string | null): void;
  readonly start: Start;
}

/** Limits the status text: there are fewer parts than this, but an exception's message may be of any length. */
const MAX_NOTES = 32;
const MAX_NOTE_LENGTH = 300;

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
    current: () => status,
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
        const note = `${part} (${explain(error)})`.slice(0, MAX_NOTE_LENGTH);
        if (!missing.includes(note) && missing.length < MAX_NOTES) {
          missing.push(note);
          publish();
        }
        return false;
      }
    },
  };
}

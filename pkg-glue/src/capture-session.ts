// A capture session: a person is about to provoke a fault, and says when it happens.

import { isoNow } from './clock';
import type { CaptureSession, MarkKind } from './generated/model';

export interface CaptureSessions {
  start(): void;
  mark(kind: MarkKind): void;
  stop(): void;
  /** The same object for as long as nothing changed; `null` before the first start. */
  status(): CaptureSession | null;
}

/** What is no kind counts as the last: a report must hold what its schema names. */
export const MARK_KINDS: readonly MarkKind[] = ['sound-cut', 'picture-frozen', 'cannot-read-message', 'other'];

/** More would be a finger that rests on the button. */
const MOST_MARKS = 100;

export function createCaptureSessions(onChange: () => void): CaptureSessions {
  let session: CaptureSession | null = null;
  const change = (to: CaptureSession) => {
    session = to;
    onChange();
  };
  const start = (): CaptureSession => {
    if (session && session.stoppedAt === null) return session;
    // It clears nothing: marks of a session before have their times.
    return { startedAt: isoNow(), stoppedAt: null, marks: session?.marks ?? [] };
  };
  return {
    start: () => change(start()),
    mark(given) {
      const kind = MARK_KINDS.includes(given) ? given : 'other';
      const running = start();
      change({ ...running, marks: [...running.marks, { ts: isoNow(), kind }].slice(-MOST_MARKS) });
    },
    stop() {
      if (session && session.stoppedAt === null) change({ ...session, stoppedAt: isoNow() });
    },
    status: () => session,
  };
}

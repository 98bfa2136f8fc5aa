// A capture session: a person is about to provoke a fault, and says when it happens.

import type { CaptureSession, MarkKind } from './generated/model';

export interface CaptureSessions {
  start(): void;
  mark(kind: MarkKind): void;
  stop(): void;
  /** The same object for as long as nothing changed; `null` before the first start. */
  status(): CaptureSession | null;
}

/** More would be a finger that rests on the button. */
const MOST_MARKS = 100;

export function createCaptureSessions(onChange: () => void): CaptureSessions {
  let session: CaptureSession | null = null;
  const now = () => new Date().toISOString();
  const change = (to: CaptureSession) => {
    session = to;
    onChange();
  };
  return {
    start() {
      if (session && session.stoppedAt === null) return;
      // It clears nothing: marks of a session before have their times.
      change({ startedAt: now(), stoppedAt: null, marks: session?.marks ?? [] });
    },
    mark(kind) {
      const before: CaptureSession = session ?? { startedAt: now(), stoppedAt: null, marks: [] };
      change({ ...before, marks: [...before.marks, { ts: now(), kind }].slice(-MOST_MARKS) });
    },
    stop() {
      if (session && session.stoppedAt === null) change({ ...session, stoppedAt: now() });
    },
    status: () => session,
  };
}

import { afterEach, describe, expect, it, vi } from 'vitest';

import { isInCall } from '../../pkg-glue/src/in-call';

const frame = (src: string, allow = '') => ({ src, allow });
const withFrames = (...frames: { src: string; allow: string }[]) =>
  vi.stubGlobal('document', { querySelectorAll: () => frames });

afterEach(() => void vi.unstubAllGlobals());

describe('isInCall for a client', () => {
  const joined = (isJoined: boolean) => ({
    matrixRTC: { roomSessions: new Map([['!r', { isJoined: () => isJoined }]]) },
  });
  const call = (state: string) => ({ callEventHandler: { calls: new Map([['id', { state }]]) } });
  const group = (state: string) => ({ groupCallEventHandler: { groupCalls: new Map([['!r', { state }]]) } });

  for (const [name, mx, expected] of [
    ['of MatrixRTC that it joined', joined(true), true],
    ['of MatrixRTC that others are in', joined(false), false],
    ['with one other person', call('connected'), true],
    ['that only rings', call('ringing'), false],
    ['that is over', call('ended'), false],
    ['of a group', group('entered'), true],
    ['of a group that it sees', group('local_call_feed_initialized'), false],
    ['nowhere', {}, false],
  ] as const) {
    it(`${name}: ${expected}`, () => expect(isInCall(mx)).toBe(expected));
  }

  it('is false if reading the client throws, unless there is a call frame', () => {
    const mx = Object.defineProperty({}, 'matrixRTC', {
      get() {
        throw new Error('no');
      },
    });
    expect(isInCall(mx)).toBe(false);
    withFrames(frame('https://app.example.org/element-call/'));
    expect(isInCall(mx)).toBe(true);
  });
});

describe('isInCall for a frame', () => {
  const MEDIA = 'microphone; camera; display-capture';
  for (const [name, found, expected] of [
    ['Element Call beside the app', frame('https://app.example.org/public/element-call/index.html?widgetId=a'), true],
    ['Element Call elsewhere', frame('https://call.example.org/room', MEDIA), true],
    ['Jitsi', frame('https://meet.example.org/jitsi.html', MEDIA), true],
    ['a video', frame('https://video.example.org/embed/1', 'autoplay'), false],
    ['a board that may record', frame('https://board.example.org/1', MEDIA), false],
    ['a page about calls', frame('https://example.org/calls'), false],
  ] as const) {
    it(`${name}: ${expected}`, () => {
      withFrames(found);
      expect(isInCall()).toBe(expected);
    });
  }

  it('is false without a document', () => expect(isInCall(null)).toBe(false));
});

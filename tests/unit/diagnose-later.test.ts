// The module that diagnoses a report is loaded over the network.
/// <reference path="../../pkg-glue/src/globals.d.ts" />
import { afterEach, expect, it, vi } from 'vitest';

import { loadJudge } from '../../pkg-glue/src/diagnose-later';

// A network that stalls.
vi.mock('../../pkg-glue/src/diagnosis-module', () => new Promise(() => {}));

afterEach(() => void vi.useRealTimers());

it('loading the diagnosis module times out', async () => {
  vi.useFakeTimers();
  const trouble = loadJudge();
  await vi.advanceTimersByTimeAsync(5000);
  expect(await trouble).toBe('the diagnosis could not be loaded: its module: no answer within 5 s');
});

import type { DeviceTrouble, SurveyFormat } from 'lotus-crypto-diag/server-evidence';
import { startTransition, useCallback, useEffect, useReducer, useRef } from 'react';

import {
  type CaseModel,
  type Copy,
  EMPTY_CASE,
  type Outcome,
  type SurveyQuery,
  type WorkerMessage,
  type WorkerRequest,
} from './protocol';
// Inlined, because a page opened from the disk may not load a worker from another file.
import CaseFileWorker from './worker?worker&inline';

/** A dropped file and its progress. */
export type Dropped = {
  id: string;
  name: string;
  size: number;
  bytes: number;
  outcome: Outcome | null;
  offsetMinutes: number;
};

type State = { files: Dropped[]; model: CaseModel; story: DeviceTrouble | null; failure: string };
type Action =
  | Exclude<WorkerMessage, { type: 'copy' | 'unreadable' }>
  | { type: 'dropped'; files: Dropped[] }
  | { type: 'removed'; id: string }
  | { type: 'shifted'; id: string; minutes: number }
  | { type: 'failed'; reason: string };

function reduce(state: State, action: Action): State {
  const change = (id: string, what: Partial<Dropped>) => ({
    ...state,
    files: state.files.map((file) => (file.id === id ? { ...file, ...what } : file)),
  });
  switch (action.type) {
    case 'dropped':
      return { ...state, files: [...state.files, ...action.files] };
    case 'removed':
      return { ...state, files: state.files.filter(({ id }) => id !== action.id) };
    case 'shifted':
      return change(action.id, { offsetMinutes: action.minutes });
    case 'progress':
      return change(action.id, { bytes: action.bytes });
    case 'file':
      return change(action.id, { outcome: action.outcome });
    case 'case':
      return { ...state, model: action.model };
    case 'devices':
      return {
        ...state,
        model: { ...state.model, survey: state.model.survey && { ...state.model.survey, ...action.rows } },
      };
    case 'story':
      return { ...state, story: action.story };
    case 'failed':
      return { ...state, failure: action.reason };
  }
}

/** The files and what they say together. A worker does the reading. */
export function useCaseFile() {
  const [state, dispatch] = useReducer(reduce, { files: [], model: EMPTY_CASE, story: null, failure: '' });
  const worker = useRef<Worker>();
  const pendingFiles = useRef(new Map<string, File>());
  const nextId = useRef(0);
  const copies = useRef(new Map<string, (copy: Copy) => void>());

  useEffect(() => {
    const newWorker = new CaseFileWorker({ name: 'case file' });
    const settle = (id: string, copy: Copy) => {
      copies.current.get(id)?.(copy);
      copies.current.delete(id);
    };
    const sendBytes = async (id: string) => {
      const file = pendingFiles.current.get(id);
      const bytes = file ? await file.arrayBuffer().catch(() => null) : null;
      newWorker.postMessage({ type: 'bytes', id, bytes } satisfies WorkerRequest, bytes ? [bytes] : []);
    };
    newWorker.onmessage = ({ data }: MessageEvent<WorkerMessage>) => {
      if (data.type === 'copy') settle(data.id, data.copy);
      else if (data.type === 'unreadable') void sendBytes(data.id);
      // Drawn in parts, so that the page stays free: it may be much.
      else if (data.type === 'case') startTransition(() => dispatch(data));
      else dispatch(data);
      if (data.type === 'file') pendingFiles.current.delete(data.id);
    };
    newWorker.onerror = ({ message }) => {
      const reason = message || 'The worker could not be started.';
      dispatch({ type: 'failed', reason });
      for (const id of [...copies.current.keys()]) settle(id, { state: 'refused', reason });
    };
    worker.current = newWorker;
    return () => newWorker.terminate();
  }, []);

  const send = useCallback((request: WorkerRequest) => worker.current?.postMessage(request), []);

  const read = useCallback(
    (list: Iterable<File>) => {
      const files = [...list].map((file) => {
        nextId.current += 1;
        const id = `file-${nextId.current}`;
        pendingFiles.current.set(id, file);
        return { id, file };
      });
      const toDropped = ({ id, file: { name, size } }: (typeof files)[number]): Dropped => ({
        id,
        name,
        size,
        bytes: 0,
        outcome: null,
        offsetMinutes: 0,
      });
      dispatch({ type: 'dropped', files: files.map(toDropped) });
      send({ type: 'read', files });
    },
    [send],
  );
  const cancel = useCallback((id: string) => send({ type: 'cancel', id }), [send]);
  const remove = useCallback(
    (id: string) => {
      dispatch({ type: 'removed', id });
      send({ type: 'remove', id });
    },
    [send],
  );
  const shift = useCallback(
    (id: string, minutes: number) => {
      dispatch({ type: 'shifted', id, minutes });
      send({ type: 'offset', id, minutes });
    },
    [send],
  );
  /** The redacted copy of a report, or the reason why there is none. */
  const redact = useCallback(
    (id: string) =>
      new Promise<Copy>((resolve) => {
        copies.current.set(id, resolve);
        send({ type: 'redact', id });
      }),
    [send],
  );
  /** The survey as text, or the reason why there is none. */
  const exportSurvey = useCallback(
    (format: SurveyFormat) =>
      new Promise<Copy>((resolve) => {
        const id = `survey-${format}`;
        copies.current.set(id, resolve);
        send({ type: 'export-survey', id, format });
      }),
    [send],
  );
  const findDevices = useCallback((query: SurveyQuery) => send({ type: 'devices', query }), [send]);
  const openStory = useCallback((key: string) => send({ type: 'story', key }), [send]);
  return { ...state, read, cancel, remove, shift, redact, exportSurvey, findDevices, openStory };
}

// Reads and diagnoses the files outside the page's thread. Nothing leaves this browser: no code here uses the network.
import { diagnoseReport, redactedCopy } from 'lotus-crypto-diag/diagnosis';

import { UnreadableFile } from 'lotus-crypto-diag/server-evidence';

import { CaseFile } from './case-file';
import type { Copy, Outcome, WorkerMessage, WorkerRequest } from './protocol';
import { readFile } from './read/read-file';

/** Progress is sent this often, and with each hundredth of the file: more often would only keep the page busy. */
const PROGRESS_MS = 100;

const caseFile = new CaseFile(diagnoseReport);
const waiting: { id: string; file: File }[] = [];
const controls = new Map<string, AbortController>();
const handedOver = new Map<string, (bytes: ArrayBuffer | null) => void>();
let isReading = false;

const send = (message: WorkerMessage) => postMessage(message);
const sendCase = () => {
  send({ type: 'case', model: caseFile.model() });
  // The opened story is updated with the case.
  send({ type: 'story', story: caseFile.story() });
};

addEventListener('message', ({ data }: MessageEvent<WorkerRequest>) => {
  switch (data.type) {
    case 'read':
      for (const file of data.files) {
        controls.set(file.id, new AbortController());
        waiting.push(file);
      }
      void readAll();
      break;
    case 'bytes':
      handedOver.get(data.id)?.(data.bytes);
      handedOver.delete(data.id);
      break;
    case 'cancel':
      controls.get(data.id)?.abort();
      break;
    case 'remove':
      controls.get(data.id)?.abort();
      caseFile.remove(data.id);
      sendCase();
      break;
    case 'offset':
      caseFile.setOffset(data.id, data.minutes);
      sendCase();
      break;
    case 'redact':
      send({ type: 'copy', id: data.id, copy: copyOf(() => redacted(data.id)) });
      break;
    case 'export-survey':
      send({ type: 'copy', id: data.id, copy: copyOf(() => caseFile.surveyAs(data.format)) });
      break;
    case 'devices':
      send({ type: 'devices', rows: caseFile.devices(data.query) });
      break;
    case 'story':
      send({ type: 'story', story: caseFile.story(data.key) });
  }
});

const redacted = (id: string) => `${JSON.stringify(caseFile.redacted(id, redactedCopy), null, 2)}\n`;

function copyOf(make: () => string): Copy {
  try {
    return { state: 'made', text: make() };
  } catch (error) {
    return { state: 'refused', reason: error instanceof Error ? error.message : String(error) };
  }
}

/** Reads one file after the other. */
async function readAll(): Promise<void> {
  if (isReading) return;
  isReading = true;
  for (let next = waiting.shift(); next; next = waiting.shift()) {
    const { id, file } = next;
    const outcome = await readOne(id, file);
    controls.delete(id);
    send({ type: 'file', id, outcome });
    if (outcome.state === 'read') sendCase();
  }
  isReading = false;
}

/** In WebKit, a worker cannot read the files of a page opened from the disk: the page reads them for it. */
async function readable(id: string, file: File): Promise<Blob | ArrayBuffer> {
  try {
    await file.slice(0, 1).arrayBuffer();
    return file;
  } catch {
    const bytes = await new Promise<ArrayBuffer | null>((resolve) => {
      handedOver.set(id, resolve);
      send({ type: 'unreadable', id });
    });
    return bytes ?? file;
  }
}

async function readOne(id: string, file: File): Promise<Outcome> {
  const { signal } = controls.get(id) ?? new AbortController();
  let lastSent = { bytes: 0, at: 0 };
  const handleProgress = (bytes: number) => {
    const at = performance.now();
    if (at - lastSent.at < PROGRESS_MS && bytes - lastSent.bytes < file.size / 100) return;
    lastSent = { bytes, at };
    send({ type: 'progress', id, bytes });
  };
  try {
    signal.throwIfAborted();
    const content = await readFile(await readable(id, file), signal, handleProgress);
    signal.throwIfAborted();
    const { kind, summary, notes } = content;
    try {
      return { state: 'read', kind, summary, notes: [...notes, ...caseFile.add(id, content)] };
    } catch (error) {
      const where = error instanceof Error ? error.message : String(error);
      const what = content.reports.length > 1 ? `${content.reports.length} reports` : 'a report';
      throw new UnreadableFile(`It is ${what}, but not as this page can read it: ${where.slice(0, 300)}.`);
    }
  } catch (error) {
    if (signal.aborted) return { state: 'cancelled' };
    const reason =
      error instanceof UnreadableFile ? error.message : `It could not be read: ${String(error).slice(0, 300)}`;
    return { state: 'refused', reason };
  }
}

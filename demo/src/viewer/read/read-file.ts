import { type EvidenceFile, EvidenceReader, UnreadableFile } from 'lotus-crypto-diag/server-evidence';

const STEP = 256 * 1024;
/** What is packed may be a thousand times as long: so little is read at once that a cancellation is heard soon. */
const PART = 16 * 1024;
/** So long the worker reads before it listens. */
const BUSY_MS = 20;

/**
 * Reads a file or its bytes, whatever it is, chunk by chunk. What it says is read by the library.
 *
 * @param onProgress told how many bytes of the file were read
 * @throws UnreadableFile, with a message for a person, where it says nothing here
 */
export async function readFile(
  file: Blob | ArrayBuffer,
  signal: AbortSignal,
  onProgress: (bytes: number) => void = () => undefined,
): Promise<EvidenceFile> {
  const evidence = new EvidenceReader();
  try {
    const size = file instanceof Blob ? file.size : file.byteLength;
    for (let at = 0; at < size; at += STEP) {
      const bytes = await bytesOf(file.slice(at, at + STEP));
      signal.throwIfAborted();
      let since = performance.now();
      for (let part = 0; part < bytes.length; part += PART) {
        evidence.push(bytes.subarray(part, part + PART));
        if (performance.now() - since < BUSY_MS) continue;
        await new Promise((resolve) => setTimeout(resolve));
        signal.throwIfAborted();
        since = performance.now();
      }
      onProgress(Math.min(at + STEP, size));
    }
    return evidence.finish();
  } finally {
    evidence.free();
  }
}

async function bytesOf(part: Blob | ArrayBuffer): Promise<Uint8Array> {
  try {
    return new Uint8Array(part instanceof Blob ? await part.arrayBuffer() : part);
  } catch (error) {
    throw new UnreadableFile(`It cannot be read: ${String(error)}.`);
  }
}

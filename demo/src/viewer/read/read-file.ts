import { type EvidenceFile, EvidenceReader, UnreadableFile } from 'lotus-crypto-diag/server-evidence';

const STEP = 256 * 1024;
/** Compressed data may expand a thousandfold: reads little at once, so that a cancellation is noticed soon. */
const PART = 16 * 1024;
/** How long the worker reads before it yields to messages. */
const BUSY_MS = 20;

/**
 * Reads a file or its bytes chunk by chunk; the library parses them.
 *
 * @param onProgress called with the number of bytes read so far
 * @throws UnreadableFile with a readable message, if the file contains nothing usable
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

import { type EvidenceFile, EvidenceReader, UnreadableFile } from 'lotus-crypto-diag/server-evidence';

const STEP = 256 * 1024;
/** Bytes read at once. Compressed data may expand a thousandfold: each part's time halves or doubles the next. */
const MIN_PART = 512;
const MAX_PART = 16 * 1024;
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
    let part = MIN_PART;
    for (let at = 0; at < size; at += STEP) {
      const bytes = await bytesOf(file.slice(at, at + STEP));
      signal.throwIfAborted();
      let since = performance.now();
      for (let from = 0; from < bytes.length; ) {
        const began = performance.now();
        evidence.push(bytes.subarray(from, from + part));
        const now = performance.now();
        from += part;
        part = nextPart(part, now - began);
        if (now - since < BUSY_MS) continue;
        // A step of a compressed file may take seconds.
        onProgress(Math.min(at + from, size));
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

function nextPart(part: number, tookMs: number): number {
  if (tookMs > BUSY_MS) return Math.max(part / 2, MIN_PART);
  return tookMs < BUSY_MS / 4 ? Math.min(part * 2, MAX_PART) : part;
}

async function bytesOf(part: Blob | ArrayBuffer): Promise<Uint8Array> {
  try {
    return new Uint8Array(part instanceof Blob ? await part.arrayBuffer() : part);
  } catch (error) {
    throw new UnreadableFile(`It cannot be read: ${String(error)}.`);
  }
}

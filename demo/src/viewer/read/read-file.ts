import { type EvidenceFile, EvidenceReader, UnreadableFile } from 'lotus-crypto-diag/server-evidence';

/** Small enough that a cancellation is heard soon, whatever is read. */
const STEP = 256 * 1024;

/**
 * Reads a file, whatever it is, chunk by chunk. What it says is read by the library.
 *
 * @param onProgress told how many bytes of the file were read
 * @throws UnreadableFile, with a message for a person, where it says nothing here
 */
export async function readFile(
  file: Blob,
  signal: AbortSignal,
  onProgress: (bytes: number) => void = () => undefined,
): Promise<EvidenceFile> {
  const evidence = new EvidenceReader();
  try {
    for (let at = 0; at < file.size; at += STEP) {
      const bytes = await bytesOf(file.slice(at, at + STEP));
      signal.throwIfAborted();
      evidence.push(bytes);
      onProgress(Math.min(at + STEP, file.size));
    }
    return evidence.finish();
  } finally {
    evidence.free();
  }
}

async function bytesOf(part: Blob): Promise<Uint8Array> {
  try {
    return new Uint8Array(await part.arrayBuffer());
  } catch (error) {
    throw new UnreadableFile(`It cannot be read: ${String(error)}.`);
  }
}

import { Unreadable } from './outcome';

/** How much of a file is looked at to find out what it is. */
const HEAD_BYTES = 64 * 1024;
/** A packed file that grows beyond this is not what it says. */
const MOST_UNPACKED = 4 * 1024 ** 3;

const SIGNATURES: [name: string, starts: string][] = [
  ['a zip archive. Unpack it, and drop what is inside', 'PK\x03\x04'],
  ['an empty zip archive', 'PK\x05\x06'],
  ['a 7z archive. Unpack it, and drop what is inside', '7z\xbc\xaf\x27\x1c'],
  ['packed with xz. Unpack it, and drop what is inside', '\xfd7zXZ\0'],
  ['packed with zstd. Unpack it, and drop what is inside', '\x28\xb5\x2f\xfd'],
  ['packed with bzip2. Unpack it, and drop what is inside', 'BZh'],
  ['a database of SQLite. Ask it with a query of the runbook, and drop the answer', 'SQLite format 3\0'],
  ['a PDF document', '%PDF-'],
  ['a picture', '\x89PNG'],
  ['a picture', '\xff\xd8\xff'],
  ['a dump of PostgreSQL. Ask the database with a query of the runbook, and drop the answer', 'PGDMP'],
];
const GZIP = '\x1f\x8b';

export type Text = {
  /** The beginning, to find out what it is. */
  head: string;
  /** For a person to read: what is odd about its encoding. */
  notes: string[];
  /** All of it, the beginning included. */
  chunks(): AsyncGenerator<string>;
};

/**
 * Opens a file as text, whatever its encoding.
 *
 * @param onProgress told how many bytes of the file were read
 * @throws Unreadable where it is no text
 */
export async function openText(
  file: Blob,
  signal: AbortSignal,
  onProgress: (bytes: number) => void = () => undefined,
): Promise<Text> {
  if (file.size === 0) throw new Unreadable('The file is empty.');
  let bytes = 0;
  let stream = file.stream().pipeThrough(
    new TransformStream<Uint8Array, Uint8Array<ArrayBuffer>>({
      transform(chunk, controller) {
        bytes += chunk.length;
        onProgress(bytes);
        controller.enqueue(chunk as Uint8Array<ArrayBuffer>);
      },
    }),
  );
  const isPacked = (await startOf(file, 2)) === GZIP;
  if (isPacked) stream = stream.pipeThrough(new DecompressionStream('gzip')) as typeof stream;

  const reader = stream.getReader();
  const stop = () => void reader.cancel().catch(() => undefined);
  signal.addEventListener('abort', stop, { once: true });
  const read = async (): Promise<Uint8Array | undefined> => {
    try {
      const { value } = await reader.read();
      signal.throwIfAborted();
      return value;
    } catch (error) {
      signal.throwIfAborted();
      throw new Unreadable(isPacked ? 'It is packed with gzip, and damaged.' : `It cannot be read: ${String(error)}.`);
    }
  };

  const first: Uint8Array[] = [];
  let length = 0;
  while (length < HEAD_BYTES) {
    const chunk = await read();
    if (!chunk) break;
    first.push(chunk);
    length += chunk.length;
  }
  const head = await bytesOf(first);
  const { label, notes } = encodingOf(head);
  const decoder = new TextDecoder(label);

  async function* chunks() {
    let unpacked = 0;
    for (const chunk of first.splice(0)) yield decoder.decode(chunk, { stream: true });
    for (let chunk = await read(); chunk; chunk = await read()) {
      unpacked += chunk.length;
      if (isPacked && unpacked > MOST_UNPACKED) throw new Unreadable('Unpacked, it is larger than 4 GiB.');
      yield decoder.decode(chunk, { stream: true });
    }
    const rest = decoder.decode();
    if (rest) yield rest;
  }
  return { head: new TextDecoder(label).decode(head.subarray(0, HEAD_BYTES), { stream: true }), notes, chunks };
}

const startOf = async (blob: Blob, length: number) => latin1(new Uint8Array(await blob.slice(0, length).arrayBuffer()));
const latin1 = (bytes: Uint8Array) => String.fromCharCode(...bytes);
const bytesOf = async (parts: Uint8Array[]) => new Uint8Array(await new Blob(parts as BlobPart[]).arrayBuffer());

/** The encoding of a text, by its first bytes. */
export function encodingOf(head: Uint8Array): { label: string; notes: string[] } {
  const start = latin1(head.subarray(0, 16));
  if (start.startsWith(GZIP)) throw new Unreadable('It is packed twice with gzip. Unpack it, and drop what is inside.');
  const signature = SIGNATURES.find(([, starts]) => start.startsWith(starts));
  if (signature) throw new Unreadable(`It is ${signature[0]}.`);
  if (start.startsWith('\xef\xbb\xbf')) return { label: 'utf-8', notes: [] };
  if (start.startsWith('\xff\xfe')) return { label: 'utf-16le', notes: ['It is in UTF-16.'] };
  if (start.startsWith('\xfe\xff')) return { label: 'utf-16be', notes: ['It is in UTF-16.'] };

  const zeros = [0, 0];
  let controls = 0;
  for (const [index, byte] of head.entries()) {
    if (byte === 0) zeros[index % 2] = (zeros[index % 2] ?? 0) + 1;
    else if (byte < 32 && byte !== 9 && byte !== 10 && byte !== 13 && byte !== 27) controls += 1;
  }
  const [even = 0, odd = 0] = zeros;
  // Text in ASCII letters has a zero in every second byte of UTF-16.
  const half = head.length / 2;
  if (odd > 0.4 * half && even < 0.1 * half) return { label: 'utf-16le', notes: ['It is in UTF-16.'] };
  if (even > 0.4 * half && odd < 0.1 * half) return { label: 'utf-16be', notes: ['It is in UTF-16.'] };
  if (even + odd + controls > head.length / 20) throw new Unreadable('It is no text.');
  const notes = even + odd + controls > 0 ? ['There are control characters in it. They are shown as signs.'] : [];
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(head, { stream: true });
    return { label: 'utf-8', notes };
  } catch {
    return { label: 'windows-1252', notes: [...notes, 'It is not in UTF-8. It was read as Latin-1 (Windows-1252).'] };
  }
}

/** The lines of a text. One that is longer than `most` is cut there. */
export async function* linesOf(chunks: AsyncIterable<string>, most = 1024 * 1024): AsyncGenerator<string[]> {
  let rest = '';
  for await (const chunk of chunks) {
    const lines = (rest + chunk).split('\n');
    rest = (lines.pop() ?? '').slice(0, most);
    yield lines.map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line).slice(0, most));
  }
  if (rest) yield [rest];
}

/** All of a text, if it is not longer than `most` characters. */
export async function wholeOf(chunks: AsyncIterable<string>, most: number): Promise<string> {
  const parts: string[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    length += chunk.length;
    if (length > most) throw new Unreadable(`It is longer than ${Math.round(most / 1024 ** 2)} MiB.`);
    parts.push(chunk);
  }
  return parts.join('');
}

import { type Duplex, pipeline, type Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from 'node:zlib';
import { RefusedAnswerError } from './refused-answer.js';

/** Most layers of compression of an answer; nobody uses more than one. */
const MAX_LAYERS = 3;

/** Makes the decoder for a body that begins with these bytes. */
type DecoderOf = (beginning: Buffer) => Duplex;

const DECODERS: ReadonlyMap<string, DecoderOf> = new Map<string, DecoderOf>([
  ['gzip', () => createGunzip()],
  ['x-gzip', () => createGunzip()],
  ['deflate', (beginning) => (hasZlibHeader(beginning) ? createInflate() : createInflateRaw())],
  ['br', () => createBrotliDecompress()],
]);

/** What {@link readCapped} can decode, for Accept-Encoding. */
export const ACCEPTED_ENCODINGS = 'gzip, deflate, br';

/** A body, as far as it was read. */
export interface CappedBody {
  readonly bytes: Buffer;
  /** There is more than the cap. The rest was not read. */
  readonly isCut: boolean;
}

/**
 * Reads a body, decoded, up to a cap. Never holds more than the cap and a few chunks, whatever is sent: it stops
 * reading there, and ends the connection. The cap counts decoded bytes, so a small body that unpacks to a huge one
 * (a decompression bomb) stops at it too. A body without a byte is empty in every encoding.
 * @param contentEncoding The header of that name (RFC 9110 section 8.4): encodings in the order they were applied.
 * @throws RefusedAnswerError for an encoding that is not known, and what the stream and the decoders throw.
 */
export async function readCapped(body: Readable, contentEncoding: string, maxBytes: number): Promise<CappedBody> {
  ignoreErrors(body);
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of decoded(body, contentEncoding)) {
    length += chunk.length;
    chunks.push(chunk);
    // Leaving the loop destroys the stream, and with it the connection.
    if (length > maxBytes) return { bytes: Buffer.concat(chunks).subarray(0, maxBytes), isCut: true };
  }
  return { bytes: Buffer.concat(chunks, length), isCut: false };
}

/**
 * The bytes of a body, decoded, as they come. Leaving the loop over them ends the connection.
 * @throws as {@link readCapped}
 */
export function decodedBody(body: Readable, contentEncoding: string): AsyncIterable<Buffer> {
  return decoded(ignoreErrors(body), contentEncoding);
}

/** Ends the connection of a body that nobody wants: it can be of any length. */
export function discardBody(body: Readable): void {
  ignoreErrors(body).destroy();
}

/** A body that is not read to its end emits an error, which ends the process if nobody listens. */
function ignoreErrors(body: Readable): Readable {
  return body.on('error', () => undefined);
}

function decoded(body: Readable, contentEncoding: string): AsyncIterable<Buffer> {
  const names = contentEncoding
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '' && name !== 'identity');
  const decoders = names.map((name) => DECODERS.get(name)).filter((decoder) => decoder !== undefined);
  if (names.length > MAX_LAYERS || decoders.length < names.length) {
    body.destroy();
    throw new RefusedAnswerError(
      `The answer has the content encoding ${JSON.stringify(contentEncoding.slice(0, 100))}.`,
    );
  }
  return decoders.reduceRight<AsyncIterable<Buffer>>(decode, body);
}

async function* decode(source: AsyncIterable<Buffer>, decoderOf: DecoderOf): AsyncGenerator<Buffer> {
  const chunks = source[Symbol.asyncIterator]();
  const first = await chunks.next();
  if (first.done === true) return;
  const decoder = decoderOf(first.value);
  async function* encoded(): AsyncGenerator<Buffer> {
    yield first.value;
    yield* { [Symbol.asyncIterator]: () => chunks };
  }
  // Errors reach whoever reads the decoder; the callback is there because one has to be.
  pipeline(encoded, decoder, () => undefined);
  yield* decoder as AsyncIterable<Buffer>;
}

/**
 * True for zlib data (RFC 1950), which RFC 9110 means by `deflate`. Some servers send deflate data (RFC 1951) without
 * its header; browsers tell the two apart by the first byte, as here: its low half is 8 in zlib data alone.
 */
function hasZlibHeader(beginning: Buffer): boolean {
  return ((beginning[0] ?? 0) & 0x0f) === 8;
}

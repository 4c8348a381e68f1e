import { pipeline, type Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { FatalError } from '../../core/tool/tool-errors.js';

/** Most layers of compression of an answer; nobody uses more than one. */
const MAX_LAYERS = 3;

const DECODERS: Readonly<Record<string, () => NodeJS.ReadWriteStream>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
};

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
 * (a decompression bomb) stops at it too.
 * @param contentEncoding The header of that name (RFC 9110 section 8.4): encodings in the order they were applied.
 * @throws FatalError for an encoding that is not known, and what the stream and the decoders throw.
 */
export async function readCapped(body: Readable, contentEncoding: string, maxBytes: number): Promise<CappedBody> {
  // A body that is not read to its end emits an error, which ends the process if nobody listens.
  body.on('error', () => undefined);
  const source = decoded(body, contentEncoding);
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of source as AsyncIterable<Buffer>) {
    length += chunk.length;
    chunks.push(chunk);
    // Leaving the loop destroys the stream, and with it the connection.
    if (length > maxBytes) return { bytes: Buffer.concat(chunks).subarray(0, maxBytes), isCut: true };
  }
  return { bytes: Buffer.concat(chunks, length), isCut: false };
}

function decoded(body: Readable, contentEncoding: string): NodeJS.ReadableStream {
  const names = contentEncoding
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '' && name !== 'identity');
  const decoders = names.map((name) => DECODERS[name]?.()).reverse();
  if (decoders.length === 0) return body;
  if (decoders.length > MAX_LAYERS || decoders.includes(undefined)) {
    body.destroy();
    throw new FatalError(`The answer has the content encoding ${JSON.stringify(contentEncoding.slice(0, 100))}.`);
  }
  const streams = decoders.filter((decoder) => decoder !== undefined);
  // Errors reach whoever reads the last stream; the callback is there because one has to be.
  pipeline([body, ...streams], () => undefined);
  return streams[streams.length - 1] as NodeJS.ReadableStream;
}

import { createHash } from 'node:crypto';

/** A part of a form with files. */
export interface Part {
  readonly name: string;
  readonly value?: string | number | boolean | undefined;
  readonly base64?: string | undefined;
  readonly filename?: string | undefined;
  readonly content_type?: string | undefined;
}

/** A body, and the type that names its boundary. */
export interface MultipartBody {
  readonly bytes: Buffer;
  readonly contentType: string;
}

/**
 * Writes `multipart/form-data` (RFC 7578), with names escaped as browsers do it. The boundary follows from the parts: each
 * try sends the same bytes, and nobody can put the boundary into a part on purpose.
 */
export function encodeMultipart(parts: readonly Part[]): MultipartBody {
  const encoded = parts.map((part) => Buffer.concat([Buffer.from(headOf(part)), contentOf(part), Buffer.from('\r\n')]));
  const hash = createHash('sha256');
  for (const part of encoded) hash.update(part);
  const boundary = `graphrunner-${hash.digest('hex').slice(0, 32)}`;
  const between = Buffer.from(`--${boundary}\r\n`);
  const bytes = Buffer.concat([...encoded.flatMap((part) => [between, part]), Buffer.from(`--${boundary}--\r\n`)]);
  return { bytes, contentType: `multipart/form-data; boundary=${boundary}` };
}

function headOf({ name, base64, filename, content_type }: Part): string {
  const file = filename === undefined ? '' : `; filename="${escapeName(filename)}"`;
  const isFile = filename !== undefined || base64 !== undefined;
  const type = content_type ?? (isFile ? 'application/octet-stream' : undefined);
  const typeLine = type === undefined ? '' : `Content-Type: ${type}\r\n`;
  return `Content-Disposition: form-data; name="${escapeName(name)}"${file}\r\n${typeLine}\r\n`;
}

function contentOf({ value, base64 }: Part): Buffer {
  return base64 === undefined ? Buffer.from(String(value)) : Buffer.from(base64, 'base64');
}

/** https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#multipart-form-data */
function escapeName(name: string): string {
  return name.replaceAll('\n', '%0A').replaceAll('\r', '%0D').replaceAll('"', '%22');
}

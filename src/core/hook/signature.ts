import type { HookDefinition, HookScheme } from './definition.js';

/**
 * What a delivery says of its signature: which text was signed with the body, and with what result. The key, and the
 * comparison, are the caller's.
 *
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 * @see https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
 */

/** How far the time of a delivery can be from ours, in seconds. */
export const TOLERANCE_SECONDS = 300;
/** Most signatures of one delivery that are compared. Senders that change their secret send two. */
const MAX_SIGNATURES = 20;
/** The header of GitHub, if a hook names no other. */
const GITHUB_HEADER = 'x-hub-signature-256';

/** Headers by their names in lower case, as Node has them. */
export type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

/** What is to be compared, or why there is nothing to compare. */
export type ReadSignature =
  | { readonly kind: 'unsigned' }
  | { readonly kind: 'refused'; readonly reason: string }
  | {
      readonly kind: 'signed';
      /** Text that is signed before the body. */
      readonly before: string;
      /** Each of 32 bytes. One must be the HMAC with SHA-256 of that text and the body. */
      readonly signatures: readonly Uint8Array[];
    };

/**
 * Reads the signature of a delivery from its headers, before its body is there.
 * @param now milliseconds since 1970
 */
export function readSignature(
  { verify }: Pick<HookDefinition, 'verify'>,
  headers: Headers,
  now: number,
): ReadSignature {
  switch (verify.scheme) {
    case 'none':
      return { kind: 'unsigned' };
    case 'standard_webhooks':
      return readStandard(headers, now);
    case 'github':
    case 'hmac_sha256':
      return readPlain(headers, (verify.header ?? GITHUB_HEADER).toLowerCase());
  }
}

/** The headers that signatures are in. Expressions do not see them. */
export function signatureHeadersOf({ scheme, header }: HookDefinition['verify']): readonly string[] {
  if (header !== undefined) return [header.toLowerCase()];
  return SIGNATURE_HEADERS[scheme];
}

const SIGNATURE_HEADERS: Readonly<Record<HookScheme, readonly string[]>> = {
  standard_webhooks: ['webhook-signature'],
  github: [GITHUB_HEADER, 'x-hub-signature'],
  hmac_sha256: [],
  none: [],
};

function readStandard(headers: Headers, now: number): ReadSignature {
  const [id, timestamp, text] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) =>
    textOf(headers, name),
  );
  if (id === undefined) return refuse('There is no webhook-id header.');
  // It is signed with points between it, the time and the body: with one in it, a part of it could pass for the time.
  if (id.includes('.')) return refuse('The webhook-id has a point in it.');
  if (timestamp === undefined || !/^\d{1,12}$/.test(timestamp)) {
    return refuse('There is no webhook-timestamp header, or it is not in seconds since 1970.');
  }
  if (text === undefined) return refuse('There is no webhook-signature header.');
  const seconds = Number(timestamp);
  if (Math.abs(now / 1000 - seconds) > TOLERANCE_SECONDS) {
    return refuse(`The webhook-timestamp is more than ${TOLERANCE_SECONDS / 60} minutes from the time of the server.`);
  }
  // Version 1 is HMAC; a header that comes twice is joined with a comma.
  const encoded = text.split(/\s+/).flatMap((part) => /^v1,([^,]+),?$/.exec(part)?.[1] ?? []);
  return signedBy(`${id}.${timestamp}.`, encoded, 'webhook-signature');
}

/** `sha256=` and a digest, or the digest alone, in hexadecimal or in base64. */
function readPlain(headers: Headers, name: string): ReadSignature {
  const text = textOf(headers, name);
  if (text === undefined) return refuse(`There is no ${name} header.`);
  const encoded = text.split(/[\s,]+/).map((part) => part.replace(/^sha256=/i, ''));
  return signedBy('', encoded, name);
}

function signedBy(before: string, encoded: readonly string[], header: string): ReadSignature {
  const signatures = encoded.slice(0, MAX_SIGNATURES).flatMap((text) => decode(text) ?? []);
  if (signatures.length === 0) return refuse(`The ${header} header has no signature by HMAC with SHA-256.`);
  return { kind: 'signed', before, signatures };
}

/** 32 bytes each, which is what HMAC with SHA-256 gives. */
const HEX = /^[0-9a-f]{64}$/i;
const BASE64 = /^[A-Za-z0-9+/_-]{43}=?$/;

function decode(text: string): Uint8Array | undefined {
  if (HEX.test(text)) return Buffer.from(text, 'hex');
  return BASE64.test(text) ? Buffer.from(text, 'base64') : undefined;
}

function textOf(headers: Headers, name: string): string | undefined {
  const value = Object.hasOwn(headers, name) ? headers[name] : undefined;
  const text = (typeof value === 'string' ? value : value?.join(', '))?.trim();
  return text === '' ? undefined : text;
}

function refuse(reason: string): ReadSignature {
  return { kind: 'refused', reason };
}

/** Bytes of a key of Standard Webhooks, at least: fewer can be guessed. Their specification has 24 to 64. */
const MIN_KEY_BYTES = 16;
const STANDARD_SECRET = /^(?:whsec_)?([A-Za-z0-9+/_-]+={0,2})$/;

/**
 * The key that a secret is.
 * @returns what to do if it is none, in words that show nothing of it
 */
export function readKey(scheme: Exclude<HookScheme, 'none'>, name: string, value: string | undefined): SigningKey {
  if (value === undefined || value.trim() === '') {
    return {
      problem: `The secret ${name} is not set. Set SECRET_${name} to what the sender signs with, and restart the server.`,
    };
  }
  if (scheme !== 'standard_webhooks') return { key: Buffer.from(value) };
  const encoded = STANDARD_SECRET.exec(value.trim())?.[1];
  const key = Buffer.from(encoded ?? '', 'base64');
  if (key.length >= MIN_KEY_BYTES) return { key };
  const form = `"whsec_" and base64 of ${MIN_KEY_BYTES} bytes or more`;
  return {
    problem: `The secret ${name} is not one of Standard Webhooks, which is ${form}. Copy it from the sender to SECRET_${name}, and restart the server.`,
  };
}

export type SigningKey =
  | { readonly key: Uint8Array; readonly problem?: undefined }
  | { readonly problem: string; readonly key?: undefined };

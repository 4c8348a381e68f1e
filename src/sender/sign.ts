import { createHmac } from 'node:crypto';

/** Secrets can have this before them (Standard Webhooks). */
const PREFIX = 'whsec_';
/** Padding can be missing. */
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/** Why a callback cannot be signed. The message does not show the secret. */
export class SigningError extends Error {}

/**
 * The headers of a callback that is signed by the Standard Webhooks specification
 * (https://github.com/standard-webhooks/standard-webhooks): HMAC-SHA256 over id, time and body.
 * @param secret in base64, with `whsec_` before it or not
 * @param now milliseconds since 1970
 * @throws SigningError
 */
export function signedHeaders(
  id: string,
  now: number,
  body: string,
  { name, secret }: { readonly name: string; readonly secret: string | undefined },
): Record<string, string> {
  const timestamp = String(Math.floor(now / 1000));
  const signature = createHmac('sha256', keyOf(name, secret)).update(`${id}.${timestamp}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` };
}

function keyOf(name: string, secret: string | undefined): Buffer {
  const text = secret?.trim();
  if (text === undefined)
    throw new SigningError(`The secret "${name}" is not set. Set SECRET_${name} on every server.`);
  const encoded = text.startsWith(PREFIX) ? text.slice(PREFIX.length) : text;
  if (!BASE64.test(encoded)) throw new SigningError(`The secret "${name}" is not base64.`);
  return Buffer.from(encoded, 'base64');
}

/** A user and a password as the header has them after `Basic` (RFC 7617). */
export function encodeBasic(user: string, password: string): string {
  return Buffer.from(`${user}:${password}`).toString('base64');
}

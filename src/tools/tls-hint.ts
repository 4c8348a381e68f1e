/**
 * Errors of OpenSSL that say: the certificate is good, but we do not know who signed it. So it is with servers of a company, or
 * behind a proxy that opens TLS. Others, such as an expired certificate, are no matter of trust.
 * @see https://nodejs.org/docs/latest-v20.x/api/tls.html#x509-certificate-error-codes
 */
const UNKNOWN_ISSUER: readonly string[] = [
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'CERT_UNTRUSTED',
];

/** Errors wrap each other: a fetch wraps that of the connection, and clients wrap the fetch. */
const MAX_CAUSES = 10;

/** What to do about a certificate that is not trusted, to be put after the message; otherwise nothing. */
export function tlsHint(thrown: unknown): string {
  let error = thrown;
  for (let depth = 0; depth < MAX_CAUSES && error instanceof Error; depth++) {
    if ('code' in error && UNKNOWN_ISSUER.includes(String(error.code))) {
      return ` (${error.code}: start graphrunner with NODE_EXTRA_CA_CERTS=FILE, a PEM file with the certificate of who signed it)`;
    }
    error = error.cause;
  }
  return '';
}

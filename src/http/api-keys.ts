import { createHash, timingSafeEqual } from 'node:crypto';

/** The keys that requests can show. None at all means that requests need none. */
export interface ApiKeys {
  /** Keys that may do everything. */
  readonly apiKeys: readonly string[];
  /** The same, of which each has a name. */
  readonly namedApiKeys?: readonly NamedApiKey[] | undefined;
  /** Keys that may only read. */
  readonly readApiKeys?: readonly string[] | undefined;
}

export interface NamedApiKey {
  readonly name: string;
  readonly key: string;
}

/** What a key tells of who shows it. */
export interface KnownKey {
  readonly name?: string;
  readonly mayOnlyRead: boolean;
}

/** What is known of the key in an Authorization header; undefined if there is none, or a wrong one. */
export type KeyFinder = (authorization: string | undefined) => KnownKey | undefined;

const BEARER = /^Bearer +(.+)$/i;

/**
 * Compares the token of an Authorization header (RFC 6750, section 2.1) with every key; undefined if there are no keys.
 * Digests have one length, so the time of a comparison reveals nothing about the keys.
 */
export function createKeyFinder({ apiKeys, namedApiKeys = [], readApiKeys = [] }: ApiKeys): KeyFinder | undefined {
  const known = [
    ...apiKeys.map((key) => ({ digest: digest(key), is: { mayOnlyRead: false } })),
    ...namedApiKeys.map(({ key, name }) => ({ digest: digest(key), is: { name, mayOnlyRead: false } })),
    ...readApiKeys.map((key) => ({ digest: digest(key), is: { mayOnlyRead: true } })),
  ];
  if (known.length === 0) return undefined;
  return (authorization) => {
    const token = BEARER.exec(authorization ?? '')?.[1]?.trim();
    if (token === undefined) return undefined;
    const presented = digest(token);
    let found: KnownKey | undefined;
    // Every one, also after the right one.
    for (const each of known) if (timingSafeEqual(each.digest, presented)) found = each.is;
    return found;
  };
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

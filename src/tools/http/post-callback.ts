import type { Dispatcher } from 'undici';
import { type AllowList, parseAllowList } from './allow-list.js';
import { ForbiddenAddressError, type Resolve, systemResolve } from './checked-addresses.js';
import { readNetworkError } from './network-errors.js';
import { parseRetryAfter } from './retry-after.js';

export interface PosterOptions {
  /** What can be reached besides the public internet: `host`, `host:port`, IP addresses, CIDR ranges. */
  readonly allow: readonly string[];
  /** Finds the addresses of names. Default: the system's resolver. */
  readonly resolve?: Resolve;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

interface Post {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly signal: AbortSignal;
}

interface Answer {
  readonly status: number;
  readonly retryAfterSeconds: number | undefined;
}

/** Of what a receiver answers, so much is read, and for so long (milliseconds), so that its connection can be used again. */
const MAX_READ_BYTES = 4096;
const MAX_READ_MS = 1000;

/**
 * Makes what posts callbacks: with the guard of `http_request`, and without following redirects. An answer counts as soon
 * as its head is there; its body is thrown away.
 * @throws Error that names the entry of `allow` that cannot be read.
 */
export function callbackPoster({
  allow,
  resolve = systemResolve,
  now,
}: PosterOptions): (post: Post) => Promise<Answer> {
  const allowList = parseAllowList(allow);
  let opened: ReturnType<typeof openClient> | undefined;
  return async (post) => {
    opened ??= openClient(allowList, resolve);
    const send = await opened;
    try {
      const { statusCode: status, headers, body } = await send(post);
      body.dump({ limit: MAX_READ_BYTES, signal: AbortSignal.timeout(MAX_READ_MS) }).catch(() => undefined);
      return { status, retryAfterSeconds: parseRetryAfter(headers['retry-after'], now()) };
    } catch (thrown) {
      if (thrown instanceof ForbiddenAddressError) throw thrown;
      throw new Error(readNetworkError(thrown).reason, { cause: thrown });
    }
  };
}

/** Loaded at the first callback: undici takes 20 MB, and most servers have none. */
async function openClient(
  allowList: AllowList,
  resolve: Resolve,
): Promise<(post: Post) => Promise<Dispatcher.ResponseData>> {
  const [{ request }, { guardedAgent }] = await Promise.all([import('undici'), import('./guarded-agent.js')]);
  const dispatcher = guardedAgent(allowList, resolve);
  return ({ url, ...post }) => request(url, { ...post, dispatcher, method: 'POST' });
}

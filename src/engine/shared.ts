import { EngineError } from '../core/errors.js';
import { StoreUnavailableError } from '../store/store.js';

/** A page of a list: at most `limit` items, after the one that `cursor` names. */
export interface Page {
  readonly limit: number;
  readonly cursor?: string;
}

/** Seconds after which a client may try again while the database cannot be written. */
const STORE_RETRY_SECONDS = 5;

/** Does a write of a request, and says `store_unavailable` where the database cannot take it. */
export async function guarded<T>(write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (!(error instanceof StoreUnavailableError)) throw error;
    throw new EngineError('store_unavailable', 'The database cannot be written at the moment; nothing was changed.', {
      retryAfterSeconds: STORE_RETRY_SECONDS,
      cause: error,
    });
  }
}

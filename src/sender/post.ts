/** A request of a callback. */
export interface CallbackRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Cuts it off. */
  readonly signal: AbortSignal;
}

export interface CallbackAnswer {
  readonly status: number;
  readonly retryAfterSeconds: number | undefined;
}

/**
 * Posts a callback, guarded against what it must not reach, and without following redirects.
 * @throws Error whose message says why there is no answer, and nothing of the path and the query of the URL
 */
export type PostCallback = (request: CallbackRequest) => Promise<CallbackAnswer>;

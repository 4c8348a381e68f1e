/**
 * Thrown by a tool: the step fails at once, without further attempts, because they cannot help. The run then goes to the
 * `on_error` of the node, if it has one.
 *
 * @example
 * if (answer.status === 401) throw new FatalError('The service refuses the key.');
 */
export class FatalError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'FatalError';
  }
}

/**
 * Thrown by a tool: another attempt may help. The node's `retry` decides whether there is one; `retryAfterSeconds`
 * replaces the delay of that policy.
 *
 * @example
 * if (answer.status === 503) throw new RetryableError('The service is busy.', { retryAfterSeconds: 30 });
 */
export class RetryableError extends Error {
  /** Seconds until the next attempt; undefined: the delay of the retry policy. */
  readonly retryAfterSeconds: number | undefined;

  constructor(message: string, options: { retryAfterSeconds?: number; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'RetryableError';
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

/** Reads whether a thrown error allows another attempt, and when. By name too: tool files need not import the classes. */
export function retryHint(thrown: unknown): { fatal: boolean; retryAfterSeconds?: number } {
  if (!(thrown instanceof Error)) return { fatal: false };
  if (thrown instanceof FatalError || thrown.name === 'FatalError') return { fatal: true };
  const after = 'retryAfterSeconds' in thrown ? thrown.retryAfterSeconds : undefined;
  return typeof after === 'number' && after >= 0 ? { fatal: false, retryAfterSeconds: after } : { fatal: false };
}

/** Thrown by a tool: trying again cannot help, so the step fails at once. Its `on_error` is taken all the same. */
export class FatalError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'FatalError';
  }
}

/** Thrown by a tool: try again, after a delay of its choice where it gives one (within the node's retry policy). */
export class RetryableError extends Error {
  /** Seconds until the next try. */
  readonly retryAfterSeconds: number | undefined;

  constructor(message: string, options: { retryAfterSeconds?: number; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'RetryableError';
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

/** What an error that a tool threw asks for. By name too, since tool files need not import these classes. */
export function advice(thrown: unknown): { fatal: boolean; retryAfterSeconds?: number } {
  if (!(thrown instanceof Error)) return { fatal: false };
  if (thrown instanceof FatalError || thrown.name === 'FatalError') return { fatal: true };
  const after = 'retryAfterSeconds' in thrown ? thrown.retryAfterSeconds : undefined;
  return typeof after === 'number' && after >= 0 ? { fatal: false, retryAfterSeconds: after } : { fatal: false };
}

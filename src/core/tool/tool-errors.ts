/** What errors of tools can carry besides their message. */
export interface ToolErrorOptions extends ErrorOptions {
  /** By which graphs tell the error apart: `a-z 0-9 _`, at most 100 characters. Default: `tool_failed`. */
  readonly code?: string;
  /** JSON that goes into the error of the step: at most 64 kB. Secrets of the step are hidden in it. */
  readonly details?: unknown;
}

/**
 * Thrown by a tool: the step fails at once, without further attempts, because they cannot help. The run then goes to the
 * `on_error` of the node, if it has one.
 *
 * @example
 * if (answer.status === 401) throw new FatalError('The service refuses the key.', { code: 'wrong_key' });
 */
export class FatalError extends Error {
  readonly code: string | undefined;
  readonly details: unknown;

  constructor(message: string, options: ToolErrorOptions = {}) {
    super(message, causeOf(options));
    this.name = 'FatalError';
    this.code = options.code;
    this.details = options.details;
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
  readonly code: string | undefined;
  readonly details: unknown;

  constructor(message: string, options: ToolErrorOptions & { readonly retryAfterSeconds?: number } = {}) {
    super(message, causeOf(options));
    this.name = 'RetryableError';
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.code = options.code;
    this.details = options.details;
  }
}

function causeOf({ cause }: ErrorOptions): ErrorOptions | undefined {
  return cause === undefined ? undefined : { cause };
}

/** Reads whether a thrown error allows another attempt, and when. By name too: tool files need not import the classes. */
export function retryHint(thrown: unknown): { fatal: boolean; retryAfterSeconds?: number } {
  if (!(thrown instanceof Error)) return { fatal: false };
  if (thrown instanceof FatalError || thrown.name === 'FatalError') return { fatal: true };
  const after = 'retryAfterSeconds' in thrown ? thrown.retryAfterSeconds : undefined;
  return typeof after === 'number' && after >= 0 ? { fatal: false, retryAfterSeconds: after } : { fatal: false };
}

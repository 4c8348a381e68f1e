import { StoreUnavailableError } from '../errors.js';
import type { StoreLogger } from '../ports.js';
import { isCollision, isDatabaseFailure } from './failures.js';

/** How long the same complaint is not repeated, in milliseconds. */
const REPEAT_MS = 60_000;

/** Says once that the queue cannot be reached, however many statements fail, and once that it can be again. */
export class Outage {
  #hasBegun = false;
  readonly #said = new Map<string, number>();

  /** @param elapsed milliseconds, as they pass */
  constructor(
    private readonly logger: StoreLogger,
    private readonly elapsed: () => number,
  ) {}

  /** Takes a failure of the database for part of an outage; false for any other error. */
  note(error: unknown): boolean {
    if (!(error instanceof StoreUnavailableError) && !isDatabaseFailure(error)) return false;
    // Two transactions were in each other's way: it works the next time.
    if (isCollision(error)) return true;
    if (!this.#hasBegun) this.logger.error({ err: error }, 'the queue cannot be reached; trying again');
    this.#hasBegun = true;
    return true;
  }

  /** Something worked. */
  end(): void {
    if (this.#hasBegun) this.logger.info({}, 'the queue can be reached again');
    this.#hasBegun = false;
  }

  /** For what goes wrong in the background, and is tried again by itself. */
  complain(error: unknown, message: string): void {
    if (this.note(error) || !this.#isNews(message + String(error))) return;
    this.logger.error({ err: error }, message);
  }

  /** For what pg-boss finds worth a word: slow statements, and a database that cannot clean up. */
  warn(warning: { message?: string }): void {
    if (this.#isNews(String(warning.message))) this.logger.info({ warning }, 'pg-boss has a warning');
  }

  #isNews(text: string): boolean {
    const now = this.elapsed();
    const saidAt = this.#said.get(text);
    if (saidAt !== undefined && now - saidAt < REPEAT_MS) return false;
    for (const [said, at] of this.#said) if (now - at >= REPEAT_MS) this.#said.delete(said);
    this.#said.set(text, now);
    return true;
  }
}

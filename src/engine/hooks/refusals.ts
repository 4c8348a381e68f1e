import { messageOf } from '../../core/base/errors.js';
import type { HookStore } from '../../store/hooks.js';

/** Refusals are stored, and told to the log, so many milliseconds after the first that is not. */
const NOTE_MS = 10_000;

interface RefusalDeps {
  readonly hooks: Pick<HookStore, 'noteRefusals'>;
  readonly logger: { warn(details: object, message: string): void };
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/**
 * Counts requests that hooks refuse. Anybody can send them, so one costs nothing but a number: every ten seconds at most, a
 * hook that has some gets a write and a line in the log.
 */
export class Refusals {
  /** By hook: as many as there are hooks. */
  #pending = new Map<string, { count: number; at: number; reason: string }>();
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly deps: RefusalDeps) {}

  note(hookId: string, reason: string): void {
    const count = (this.#pending.get(hookId)?.count ?? 0) + 1;
    this.#pending.set(hookId, { count, at: this.deps.now(), reason });
    this.#timer ??= setTimeout(() => void this.flush(), NOTE_MS).unref();
  }

  /** Stores what is not stored yet. What cannot be stored is in the log only. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const pending = this.#pending;
    this.#pending = new Map();
    const { hooks, logger } = this.deps;
    for (const [hookId, refusals] of pending) {
      const { count, reason } = refusals;
      logger.warn({ hook_id: hookId, refused: count, last: reason }, 'a hook has refused requests');
      await hooks.noteRefusals(hookId, refusals).catch((thrown: unknown) => {
        logger.warn({ hook_id: hookId, err: messageOf(thrown) }, 'refusals of a hook could not be stored');
      });
    }
  }
}

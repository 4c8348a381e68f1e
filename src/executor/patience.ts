import { StoreUnavailableError } from '../store/errors.js';

/** First and longest pause before the store is tried again while it is down, in milliseconds. */
const FIRST_RETRY_MS = 100;
const LONGEST_RETRY_MS = 5000;

export interface PatienceOptions {
  /** True if the store is not needed any more. */
  readonly isOver: () => boolean;
  /** Called before each pause. */
  readonly onDown: () => void;
}

/** The one place of a session that waits for the store. */
export class Patience {
  #endPause: (() => void) | undefined;

  constructor(private readonly options: PatienceOptions) {}

  /**
   * Does what needs the store again, with growing pauses, for as long as it is down. Resolves with nothing if it is not
   * needed any more.
   */
  async whileDown<T>(work: () => Promise<T>): Promise<T | undefined> {
    const { isOver, onDown } = this.options;
    for (let pauseMs = FIRST_RETRY_MS; !isOver(); pauseMs = Math.min(pauseMs * 2, LONGEST_RETRY_MS)) {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof StoreUnavailableError)) throw error;
        onDown();
        if (!isOver()) await this.#pause(pauseMs);
      }
    }
    return undefined;
  }

  /** Ends the pause that is under way, if one is. */
  hurry(): void {
    this.#endPause?.();
  }

  async #pause(ms: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#endPause = resolve;
      timer = setTimeout(resolve, ms);
    });
    clearTimeout(timer);
  }
}

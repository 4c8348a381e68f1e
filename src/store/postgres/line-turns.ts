import type pg from 'pg';
import type { JobQueues } from './job-queues.js';
import { giveTurns, type Line, listLines, lock } from './slots.js';
import { inTransaction } from './transaction.js';

/** Lines that are looked at in one transaction. */
const LINES_AT_A_TIME = 100;

export interface LineTurnsOptions {
  readonly pool: pg.Pool;
  readonly jobs: Pick<JobQueues, 'begin'>;
  /** Called when runs can begin by this. */
  readonly onTurn: () => void;
  readonly onError: (error: unknown) => void;
}

/**
 * Gives out slots that no commit of a run gives out, because a graph has a higher limit now, or none. The commits see to
 * all others.
 */
export class LineTurns {
  /** Graphs whose limits have changed, and are still to be looked at. */
  readonly #changed = new Set<string>();
  #working: Promise<void> | undefined;

  constructor(private readonly options: LineTurnsOptions) {}

  /** A graph has another latest version. */
  limitChanged(graphId: string): void {
    this.#changed.add(graphId);
    this.#working ??= this.#work().finally(() => {
      this.#working = undefined;
    });
  }

  /** Looks at all lines in which runs wait: whoever has changed a limit can have died before it has looked. */
  async look(graphId?: string): Promise<void> {
    const { pool, jobs, onTurn } = this.options;
    let after: Line | undefined;
    do {
      const lines = await listLines(pool, graphId, after, LINES_AT_A_TIME);
      after = lines.length < LINES_AT_A_TIME ? undefined : lines.at(-1);
      const runIds = await inTransaction(pool, async (session) => {
        await lock(session, lines);
        const begun = await giveTurns(session, lines);
        await jobs.begin(session, begun);
        return begun;
      });
      if (runIds.length > 0) onTurn();
    } while (after !== undefined);
  }

  async stop(): Promise<void> {
    this.#changed.clear();
    await this.#working;
  }

  async #work(): Promise<void> {
    for (const graphId of this.#changed) {
      this.#changed.delete(graphId);
      // The next sweep looks again.
      await this.look(graphId).catch(this.options.onError);
    }
  }
}

import type { CommitObserver, Unit } from '../store.js';
import type { UnitWriter } from './unit-writer.js';
import type { Writer } from './writer.js';

interface Pending {
  readonly unit: Unit;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * Commits units together: all that are ready in one turn of the event loop share a transaction and so a sync of the
 * disk, which is what a commit costs.
 */
export class GroupCommit {
  #pending: Pending[] = [];

  /** @param committed hears of the units of each commit, after their callers were answered */
  constructor(
    private readonly writer: Writer,
    private readonly units: UnitWriter,
    private readonly committed: CommitObserver,
  ) {}

  /** Resolves when the unit is on the disk. */
  commit(unit: Unit): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#pending.push({ unit, resolve, reject });
      if (this.#pending.length === 1) setImmediate(() => this.flush());
    });
  }

  /** Commits what is pending now. */
  flush(): void {
    const batch = this.#pending;
    if (batch.length === 0) return;
    this.#pending = [];
    const begunAt = performance.now();
    let refusals: (Error | undefined)[];
    try {
      refusals = this.writer.write(() => this.units.writeAll(batch.map(({ unit }) => unit)));
    } catch (thrown) {
      for (const { reject } of batch) reject(thrown);
      return;
    }
    const tookMs = performance.now() - begunAt;
    const stored: Unit[] = [];
    for (const [index, { unit, resolve, reject }] of batch.entries()) {
      const refusal = refusals[index];
      if (refusal === undefined) {
        stored.push(unit);
        resolve();
      } else reject(refusal);
    }
    this.committed(stored, tookMs);
  }
}

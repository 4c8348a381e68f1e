import type { Unit } from './store.js';

/**
 * Most records of one commit, and most characters of them and of snapshots: 1,000 units with what their runs do next keep
 * the event loop for 140 ms, and a sync that more than a hundred share costs each of them nothing.
 */
const MAX_BATCH_RECORDS = 150;
const MAX_BATCH_CHARACTERS = 2 * 1024 * 1024;

/** How much a commit holds. */
export class BatchSize {
  #units = 0;
  #records = 0;
  #characters = 0;

  /** Adds a unit, unless it is too much for one commit with those before it; says whether it did. */
  add({ appends, slots = [] }: Unit): boolean {
    let records = this.#records + slots.length;
    let characters = this.#characters;
    for (const append of appends) {
      records += append.records.length;
      for (const { payload } of append.records) characters += payload.length;
      characters += append.snapshot?.length ?? 0;
    }
    if (this.#units > 0 && (records > MAX_BATCH_RECORDS || characters > MAX_BATCH_CHARACTERS)) return false;
    this.#units += 1;
    this.#records = records;
    this.#characters = characters;
    return true;
  }
}

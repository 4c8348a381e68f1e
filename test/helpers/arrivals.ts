/** What has arrived so far, and a promise for when there is enough of it. */
export class Arrivals<T> {
  readonly all: T[] = [];
  readonly #waiting: { readonly count: number; readonly resolve: () => void }[] = [];

  add(item: T): void {
    this.all.push(item);
    for (const { count, resolve } of this.#waiting) if (this.all.length >= count) resolve();
  }

  /** Resolves when so many have arrived. */
  reach(count: number): Promise<void> {
    if (this.all.length >= count) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ count, resolve }));
  }
}

import { Counter, type CounterConfiguration } from 'prom-client';

/**
 * A counter for paths that are hot: it counts in a map, and hands its counts to the library when they are asked for. The
 * library's own counters hash their labels at each count.
 * @returns counts one more of these values of the labels, in the order of `labelNames`
 */
export function createTally<T extends string>(
  options: CounterConfiguration<T> & { readonly labelNames: readonly T[] },
): (...values: readonly string[]) => void {
  const { labelNames } = options;
  const counts = new Map<string, { readonly values: readonly string[]; count: number }>();
  new Counter({
    ...options,
    collect() {
      this.reset();
      for (const { values, count } of counts.values()) {
        const labels = labelNames.map((name, index) => [name, values[index] ?? ''] as const);
        this.inc(Object.fromEntries(labels) as Record<T, string>, count);
      }
    },
  });
  return (...values) => {
    const key = values.join('\n');
    const known = counts.get(key);
    if (known === undefined) counts.set(key, { values, count: 1 });
    else known.count += 1;
  };
}

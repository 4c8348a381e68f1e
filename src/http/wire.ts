import type { z } from 'zod';

/** What a mapper to the wire returns: the output of a schema, which nobody changes any more. */
export type Wire<S extends z.ZodType> = DeepReadonly<z.output<S>>;

type DeepReadonly<T> = T extends (infer Item)[]
  ? readonly DeepReadonly<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> }
    : T;

/** Milliseconds since 1970 as an RFC 3339 time in UTC. */
export function toTime(ms: number): string {
  return new Date(ms).toISOString();
}

export function toTimeOrNull(ms: number | null): string | null {
  return ms === null ? null : toTime(ms);
}

/**
 * Returns a mapper that maps each value once, for all who read the same, and freezes what it makes: so the text of a
 * large answer is made once too.
 */
export function mapOnce<V extends object, W extends object>(map: (value: V) => W): (value: V) => Readonly<W> {
  const mapped = new WeakMap<V, Readonly<W>>();
  return (value) => {
    const known = mapped.get(value) ?? Object.freeze(map(value));
    mapped.set(value, known);
    return known;
  };
}

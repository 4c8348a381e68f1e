/** An object type whose keys that can be `undefined` are optional instead. */
export type DefinedOnly<T> = {
  [K in keyof T as undefined extends T[K] ? never : K]: T[K];
} & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/**
 * A copy of an object without the keys whose value is `undefined`: for types and documents in which a key has a value or
 * is omitted. `null` is a value and stays.
 *
 * @example
 * definedOnly({ graphId: 'demo', version: undefined }); // { graphId: 'demo' }
 */
export function definedOnly<T extends object>(value: T): DefinedOnly<T> {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as DefinedOnly<T>;
}

import { isPlainObject, type Json, type JsonObject, jsonBytes } from '../base/json.js';
import type { Subschema, Subschemas } from './walk.js';

/** Most visits of a schema to a value: each takes less than a microsecond. */
const MAX_VISITS = 100_000;
/** Most bytes that defaults add, as JSON text. */
const MAX_ADDED_BYTES = 1_048_576;

/** Thrown when defaults would take too long, or add too much. */
class TooManyDefaultsError extends Error {}

/**
 * Returns a function that fills in defaults: those of `properties`, at any depth, also behind `items`, `prefixItems`,
 * `allOf` and references. What only sometimes applies (`anyOf`, `if`, ...) fills nothing in. Values are not changed:
 * what has no defaults to get is returned as it is. Undefined when there are too many.
 */
export function createFillDefaults(subschemas: Subschemas): (value: Json) => Json | undefined {
  const hasDefault = ({ schema }: Subschema) => typeof schema === 'object' && Object.hasOwn(schema, 'default');
  if (![...subschemas.values()].some(hasDefault)) return (value) => value;
  return (value) => {
    try {
      return new Filling(subschemas).fill(value, '', []);
    } catch (thrown) {
      if (thrown instanceof TooManyDefaultsError || thrown instanceof RangeError) return undefined;
      throw thrown;
    }
  };
}

class Filling {
  #visits = MAX_VISITS;
  #bytes = MAX_ADDED_BYTES;

  constructor(private readonly subschemas: Subschemas) {}

  /** @param inside the schemas whose defaults the value is part of: a schema in its own default would never end */
  fill(value: Json, pointer: string, inside: readonly string[]): Json {
    this.#visits -= 1;
    if (this.#visits < 0) throw new TooManyDefaultsError();
    const { children, ref } = this.subschemas.get(pointer) as Subschema;
    if (typeof value !== 'object' || value === null) return value;
    let filled: Json = ref === undefined ? value : this.fill(value, ref, inside);
    for (const child of children) {
      switch (child.keyword) {
        case 'allOf':
          filled = this.fill(filled, child.pointer, inside);
          break;
        case 'properties':
          filled = this.#fillProperty(filled, String(child.key), child.pointer, inside);
          break;
        case 'prefixItems':
        case 'items':
          filled = this.#fillItems(filled, child, inside);
          break;
      }
    }
    return filled;
  }

  #fillProperty(value: Json, key: string, pointer: string, inside: readonly string[]): Json {
    if (!isPlainObject(value)) return value;
    const map = value as JsonObject;
    if (Object.hasOwn(map, key)) {
      const before = map[key] as Json;
      const after = this.fill(before, pointer, inside);
      return after === before ? value : Object.freeze({ ...map, [key]: after });
    }
    const preset = inside.includes(pointer) ? undefined : this.#defaultOf(pointer);
    if (preset === undefined) return value;
    this.#bytes -= jsonBytes(preset) + key.length;
    if (this.#bytes < 0) throw new TooManyDefaultsError();
    return Object.freeze({ ...map, [key]: this.fill(preset, pointer, [...inside, pointer]) });
  }

  #fillItems(value: Json, { key, pointer }: Subschema['children'][number], inside: readonly string[]): Json {
    if (!Array.isArray(value)) return value;
    // `items` are those after the first ones, which have schemas of their own.
    const isHere = (index: number) => (key === undefined ? index >= this.#countBefore(pointer) : index === key);
    const items = (value as readonly Json[]).map((item, index) =>
      isHere(index) ? this.fill(item, pointer, inside) : item,
    );
    return items.every((item, index) => item === value[index]) ? value : Object.freeze(items);
  }

  /** How many items the list of `prefixItems` beside an `items` has schemas for. */
  #countBefore(pointer: string): number {
    const { schema } = this.subschemas.get(pointer.slice(0, pointer.lastIndexOf('/'))) as Subschema;
    return typeof schema === 'object' && Array.isArray(schema.prefixItems) ? schema.prefixItems.length : 0;
  }

  /** The default of a schema, or of the one that it refers to. */
  #defaultOf(pointer: string): Json | undefined {
    const { schema, ref } = this.subschemas.get(pointer) as Subschema;
    if (typeof schema === 'object' && Object.hasOwn(schema, 'default')) return schema.default;
    return ref === undefined ? undefined : this.#defaultOf(ref);
  }
}

import type { Json } from '../base/json.js';

/** A value that a condition read: scalars in full (up to 200 characters), anything else as type and size. */
export type Read =
  | { readonly path: string; readonly value: Json }
  | { readonly path: string; readonly type: 'string' | 'list' | 'object'; readonly size: number };

/** Most values that one evaluation records. */
export const MAX_READS = 50;
const MAX_SCALAR_LENGTH = 200;
/** Longer paths are cut. */
export const MAX_PATH_LENGTH = 200;

/**
 * Wraps a state in a view that records what a condition reads.
 * At most 50 values are recorded, so that the cost does not grow with the state.
 */
export function watchReads<S extends object>(state: S): { view: S; reads: () => Read[] } {
  const seen = new Map<string, unknown>();
  const note: Note = (path, parent, value) => {
    if (seen.has(path) || (seen.size >= MAX_READS && !seen.has(parent))) return;
    // A read inside a value says more than a read of the value.
    seen.delete(parent);
    seen.set(path, value);
  };
  const view = watch(state, '', { note, views: new WeakMap() }) as S;
  return { view, reads: () => [...seen].map(([path, value]) => readOf(path, value)) };
}

type Note = (path: string, parent: string, value: unknown) => void;

interface Watcher {
  readonly note: Note;
  /** One view per object, so that `===` and `includes` work on views. */
  readonly views: WeakMap<object, object>;
}

/** A value as a read shows it: scalars up to 200 characters, anything else as type and size. */
export function readOf(path: string, value: unknown): Read {
  if (Array.isArray(value)) return { path, type: 'list', size: value.length };
  if (typeof value === 'object' && value !== null) return { path, type: 'object', size: Object.keys(value).length };
  if (typeof value === 'string' && value.length > MAX_SCALAR_LENGTH)
    return { path, type: 'string', size: value.length };
  return { path, value: (value ?? null) as string | number | boolean | null };
}

function watch(value: unknown, path: string, watcher: Watcher): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const known = watcher.views.get(value);
  if (known !== undefined) return known;
  const view = viewOf(value, path, watcher);
  watcher.views.set(value, view);
  return view;
}

const refuse = () => false;

/**
 * A read-only view that reports every read. The proxy's target is an empty stand-in:
 * proxies of the frozen value itself would have to give out its parts unwrapped.
 */
function viewOf(source: object, path: string, watcher: Watcher): object {
  const isList = Array.isArray(source);
  const read = (key: PropertyKey): unknown => {
    const found: unknown = Reflect.get(source, key);
    // Methods are not state, and JSON.stringify asks every object for this one.
    const isOwn = Object.hasOwn(source, key);
    if (!isOwn && (found !== undefined || key === 'toJSON' || typeof key === 'symbol')) return found;
    const inner = pathOf(path, key, isList);
    watcher.note(inner, path, found);
    return watch(found, inner, watcher);
  };
  return new Proxy(isList ? [] : {}, {
    get: (_, key) => read(key),
    has(_, key) {
      read(key);
      return Reflect.has(source, key);
    },
    ownKeys: () => Reflect.ownKeys(source),
    getOwnPropertyDescriptor(_, key) {
      if (!Object.hasOwn(source, key)) return undefined;
      const isLength = isList && key === 'length';
      const value = read(key);
      return { value, enumerable: !isLength, configurable: !isLength, writable: true };
    },
    set: refuse,
    defineProperty: refuse,
    deleteProperty: refuse,
    preventExtensions: refuse,
    setPrototypeOf: refuse,
  });
}

function pathOf(parent: string, key: PropertyKey, isList: boolean): string {
  const name = String(key);
  if (parent === '') return name;
  const path = isList && name !== 'length' ? `${parent}[${name}]` : `${parent}.${name}`;
  return path.slice(0, MAX_PATH_LENGTH);
}

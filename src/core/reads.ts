import type { Read } from './events.js';
import type { ToolState } from './tool.js';

const MAX_READS = 50;
const MAX_SCALAR_LENGTH = 200;
const MAX_PATH_LENGTH = 200;

/**
 * Shows a state to a condition and notes what it looks at.
 * At most 50 values are noted, so the cost never grows with the state.
 */
export function watchReads(state: ToolState): { view: ToolState; reads: () => Read[] } {
  const seen = new Map<string, Read>();
  const note = (path: string, parent: string, value: unknown): void => {
    if (seen.size >= MAX_READS && !seen.has(parent)) return;
    // Looking inside a value says more than looking at it.
    const outer = seen.get(parent);
    if (outer !== undefined && !('value' in outer)) seen.delete(parent);
    seen.set(path, readOf(path, value));
  };
  const view: ToolState = {
    input_data: watch(state.input_data, 'input_data', note),
    data: watch(state.data, 'data', note) as ToolState['data'],
  };
  noteScalar(state.input_data, view, note);
  return { view, reads: () => [...seen.values()] };
}

type Note = (path: string, parent: string, value: unknown) => void;

/** A scalar input cannot be wrapped, so that reading it is noticed on the view itself. */
function noteScalar(input: unknown, view: ToolState, note: Note): void {
  if (typeof input === 'object' && input !== null) return;
  Object.defineProperty(view, 'input_data', {
    enumerable: true,
    get: () => {
      note('input_data', '', input);
      return input;
    },
  });
}

function readOf(path: string, value: unknown): Read {
  if (Array.isArray(value)) return { path, type: 'list', size: value.length };
  if (typeof value === 'object' && value !== null) return { path, type: 'object', size: Object.keys(value).length };
  if (typeof value === 'string' && value.length > MAX_SCALAR_LENGTH) return { path, type: 'string', size: value.length };
  return { path, value: (value ?? null) as string | number | boolean | null };
}

/**
 * A read-only view that reports every read. The proxy's target is an empty stand-in:
 * proxies of the frozen value itself would have to give out its parts unwrapped.
 */
function watch(value: unknown, path: string, note: Note): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const source = value as Record<PropertyKey, unknown>;
  const refuse = () => false;
  return new Proxy(Array.isArray(value) ? [] : Object.create(Object.prototype), {
    get(_, key) {
      const found = Reflect.get(source, key);
      if (typeof key === 'symbol' || (found !== undefined && !Object.hasOwn(source, key))) return found;
      const inner = pathOf(path, key, source);
      note(inner, path, found);
      return watch(found, inner, note);
    },
    has(_, key) {
      if (typeof key === 'string') note(pathOf(path, key, source), path, Reflect.get(source, key));
      return Reflect.has(source, key);
    },
    ownKeys: () => Reflect.ownKeys(source),
    getOwnPropertyDescriptor(_, key) {
      if (!Object.hasOwn(source, key)) return undefined;
      const isLength = key === 'length' && Array.isArray(value);
      return {
        value: watch(source[key], pathOf(path, key, source), note),
        enumerable: !isLength,
        configurable: !isLength,
        writable: true,
      };
    },
    set: refuse,
    defineProperty: refuse,
    deleteProperty: refuse,
    preventExtensions: refuse,
    setPrototypeOf: refuse,
  });
}

function pathOf(parent: string, key: PropertyKey, source: object): string {
  const name = String(key);
  const isIndex = Array.isArray(source) && name !== 'length';
  const path = isIndex ? `${parent}[${name}]` : `${parent}.${name}`;
  return path.slice(0, MAX_PATH_LENGTH);
}

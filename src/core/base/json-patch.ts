import { type Json, pathOf } from './json.js';

/** One change of a document: an operation of a JSON Patch (RFC 6902). Paths are JSON Pointers (RFC 6901). */
export type PatchOperation =
  | { readonly op: 'add' | 'replace'; readonly path: string; readonly value: Json }
  | { readonly op: 'remove'; readonly path: string }
  | { readonly op: 'move'; readonly from: string; readonly path: string };

/** Changes of a document, in order. */
export type JsonPatch = readonly PatchOperation[];

/**
 * The document with the changes, as a copy. For patches that we make: their places are there, none is the whole document,
 * and nothing is added to lists.
 * @example
 * applyPatch({ a: 1 }, [{ op: 'move', from: '/a', path: '/b' }]) // { b: 1 }
 */
export function applyPatch<T>(document: T, patch: JsonPatch): T {
  const copy = structuredClone(document);
  for (const operation of patch) {
    if (operation.op === 'remove') take(copy, operation.path);
    else put(copy, operation.path, operation.op === 'move' ? take(copy, operation.from) : operation.value);
  }
  return copy;
}

/** The value at a pointer; undefined if there is none. */
export function valueAtPointer(document: unknown, pointer: string): unknown {
  let at = document;
  for (const key of pathOf(pointer)) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, key)) return undefined;
    at = (at as Record<string, unknown>)[key];
  }
  return at;
}

/** The pointer of what holds the place. */
export function parentOf(pointer: string): string {
  return pointer.slice(0, pointer.lastIndexOf('/'));
}

function put(document: unknown, path: string, value: unknown): void {
  holderOf(document, path)[keyOf(path)] = value;
}

/** Removes a value, and returns it. */
function take(document: unknown, path: string): unknown {
  const holder = holderOf(document, path);
  const key = keyOf(path);
  const value = holder[key];
  if (Array.isArray(holder)) holder.splice(Number(key), 1);
  else delete holder[key];
  return value;
}

function holderOf(document: unknown, path: string): Record<string, unknown> {
  return valueAtPointer(document, parentOf(path)) as Record<string, unknown>;
}

function keyOf(path: string): string {
  return pathOf(path).at(-1) as string;
}

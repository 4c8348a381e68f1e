import type { PatchOperation } from '../wire-types.js';

type Container = Record<string, unknown> | unknown[];

/** A document with a fix applied (JSON Patch, RFC 6902). Throws if it does not fit. */
export function patched(document: unknown, fix: readonly PatchOperation[]): unknown {
  const holder = { root: structuredClone(document) };
  for (const operation of fix) apply(holder, operation);
  return holder.root;
}

function apply(holder: { root: unknown }, operation: PatchOperation): void {
  if (operation.op === 'move') {
    const value = remove(holder, operation.from);
    put(holder, operation.path, value, true);
  } else if (operation.op === 'remove') remove(holder, operation.path);
  else put(holder, operation.path, operation.value, operation.op === 'add');
}

function place(holder: { root: unknown }, pointer: string): { container: Container; key: string } {
  const parts = `/root${pointer}`
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  const key = parts.pop() ?? '';
  let container: unknown = holder;
  for (const part of parts) container = (container as Record<string, unknown> | undefined)?.[part];
  if (typeof container !== 'object' || container === null) throw new Error('The text has changed: check it again.');
  return { container: container as Container, key };
}

function put(holder: { root: unknown }, pointer: string, value: unknown, isNew: boolean): void {
  const { container, key } = place(holder, pointer);
  if (!Array.isArray(container)) container[key] = value;
  else container.splice(key === '-' ? container.length : Number(key), isNew ? 0 : 1, value);
}

function remove(holder: { root: unknown }, pointer: string): unknown {
  const { container, key } = place(holder, pointer);
  if (Array.isArray(container)) return container.splice(Number(key), 1)[0];
  const value = container[key];
  delete container[key];
  return value;
}

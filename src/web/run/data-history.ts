import type { CapsuleEvent } from '../evidence/capsule-document.js';

/** Values that a search finds at most. */
export const MAX_FOUND = 200;

/** What set a key of `data`, and to what. */
export interface KeyChange {
  readonly step: number;
  readonly node: string;
  readonly value: unknown;
}

/** How each key of `data` came to its value, the oldest change first. */
export function historyOf(events: readonly CapsuleEvent[]): ReadonlyMap<string, readonly KeyChange[]> {
  const history = new Map<string, KeyChange[]>();
  for (const { type, step = 0, node = '', patch, data } of events) {
    const changes = type === 'run.retried' ? data : patch;
    const by = type === 'run.retried' ? 'a retry' : node;
    for (const [key, value] of Object.entries(changes ?? {})) {
      const known = history.get(key);
      if (known === undefined) history.set(key, [{ step, node: by, value }]);
      else known.push({ step, node: by, value });
    }
  }
  return history;
}

export type Key = string | number;

/** What a list or an object holds; `undefined` of any other value. */
export function partsOf(value: unknown): readonly (readonly [Key, unknown])[] | undefined {
  if (Array.isArray(value)) return value.map((part, index) => [index, part] as const);
  return typeof value === 'object' && value !== null ? Object.entries(value) : undefined;
}

/** A step of a path, as expressions have it: `.name`, `[3]` or `["a b"]`. */
export function partOf(key: Key): string {
  if (typeof key === 'number') return `[${key}]`;
  return /^[A-Za-z_]\w*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}

export interface Match {
  readonly path: string;
  readonly value: unknown;
}

/** Keys and values with a text in them, by path, at most so many. */
export function find(data: unknown, sought: string, limit = MAX_FOUND): readonly Match[] {
  const found: Match[] = [];
  const look = (value: unknown, path: string, isKeyLike: boolean): void => {
    if (found.length >= limit) return;
    const parts = partsOf(value);
    const isHit = parts === undefined && String(value).toLowerCase().includes(sought);
    if (isHit || isKeyLike) found.push({ path, value });
    for (const [key, part] of parts ?? []) {
      look(part, `${path}${partOf(key)}`, typeof key === 'string' && key.toLowerCase().includes(sought));
    }
  };
  look(data, 'data', false);
  return found;
}

/**
 * `data` as it was when a step began, the last time that it did, as far as the events of the run itself tell: a branch began
 * with that of its parent. Retries of the step can have set keys before it.
 */
export function dataBefore(events: readonly CapsuleEvent[], step: number): Readonly<Record<string, unknown>> {
  let data: Record<string, unknown> = {};
  for (const { type, step: at = 0, patch, data: set } of events) {
    if (at > step) break;
    if (type === 'run.retried') data = { ...data, ...set };
    else if (at < step) data = { ...data, ...patch };
  }
  return data;
}

/** What is other than before, by key. */
export function changesOf(
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(after).filter(([key, value]) => JSON.stringify(value) !== JSON.stringify(before[key])),
  );
}

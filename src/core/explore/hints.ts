import type { Json } from '../base/json.js';
import { splitTemplate } from '../expressions/template-text.js';
import { ANY_ITEM, type Use, type UsedKind, usesOf } from '../expressions/uses.js';
import { type GraphDefinition, type NodeDefinition, paramsOf } from '../graph/definition.js';
import type { Edge } from '../graph/edges.js';
import { retryRulesOf } from '../graph/error-entries.js';

/** What the expressions of a graph show of a value: what is looked for in it, and what it is compared with. */
export interface Hint {
  readonly fields: ReadonlyMap<string, Hint>;
  /** Of the items, if it is a list. */
  readonly item: Hint | undefined;
  readonly kinds: ReadonlySet<UsedKind>;
  readonly constants: readonly Json[];
  /** Expressions have a value without it. */
  readonly mayMiss: boolean;
}

/** Nothing is known of a value. */
export const NO_HINT: Hint = {
  fields: new Map(),
  item: undefined,
  kinds: new Set(),
  constants: [],
  mayMiss: false,
};

/** What the expressions of a graph show of the values that they read. */
export interface Hints {
  readonly data: Hint;
  readonly inputData: Hint;
  /** Of `details` of errors. */
  readonly details: Hint;
  /** The keys of `data` that each node, or what leaves it, reads. */
  readonly keysByNode: ReadonlyMap<string, ReadonlySet<string>>;
  /** The keys of `data` that expressions read; undefined if one of them can read any. */
  readonly keys: ReadonlySet<string> | undefined;
}

export const NO_HINTS: Hints = {
  data: NO_HINT,
  inputData: NO_HINT,
  details: NO_HINT,
  keysByNode: new Map(),
  keys: undefined,
};

interface OpenHint extends Hint {
  readonly fields: Map<string, OpenHint>;
  item: OpenHint | undefined;
  readonly kinds: Set<UsedKind>;
  readonly constants: Json[];
  mayMiss: boolean;
}

function openHint(): OpenHint {
  return { fields: new Map(), item: undefined, kinds: new Set(), constants: [], mayMiss: false };
}

/** Reads what the expressions of a graph show of the values that they read. */
export function hintsOf(definition: GraphDefinition, edges: readonly Edge[]): Hints {
  const collector = new HintCollector();
  for (const node of definition.nodes) {
    for (const source of sourcesIn(paramsOf(node))) collector.add(node.name, usesOf(source));
    collector.addUrl(usesOf(sourceOfUrl(node)));
    for (const { when } of retryRulesOf(node, '')) collector.add(node.name, usesOf(when?.source ?? ''));
  }
  for (const { from, expressions, kind } of edges) {
    for (const { source = '', result } of expressions) collector.add(from.name, usesOf(source), result);
    // It could read anything.
    if (kind === 'condition') collector.readsAll = true;
  }
  return collector.finish();
}

/** An address that requests can be sent to. */
const SOME_URL = 'https://example.com/';

/** The expression that the address of a request begins with; empty if there is none. */
function sourceOfUrl(node: NodeDefinition): string {
  const { url } = node.tool_name === 'http_request' ? paramsOf(node) : {};
  const [first] = typeof url === 'string' ? (splitTemplate(url).parts ?? []) : [];
  return typeof first === 'object' ? first.source : '';
}

/** The sources of the expressions in the strings of params. */
function* sourcesIn(value: Json): Generator<string> {
  if (typeof value === 'string') {
    for (const part of splitTemplate(value).parts ?? []) if (typeof part === 'object') yield part.source;
  } else if (typeof value === 'object' && value !== null) {
    for (const inner of Object.values(value)) yield* sourcesIn(inner as Json);
  }
}

class HintCollector {
  readonly #roots = { data: openHint(), input_data: openHint(), error: openHint(), run: openHint() };
  readonly #keysByNode = new Map<string, Set<string>>();
  readonly #keys = new Set<string>();
  /** Where lists are, the items of which branches are for. */
  readonly #lists: (readonly string[])[] = [];
  readsAll = false;

  /** @param result what the value of the whole expression must be */
  add(node: string, uses: readonly Use[], result?: 'boolean' | 'list'): void {
    const [first] = uses;
    // The whole is one path.
    if (result !== undefined && first !== undefined && uses.length === 1) {
      this.#merge(first.path, { kind: result });
      if (result === 'list') this.#lists.push(first.path);
    }
    for (const use of uses) {
      this.#merge(use.path, use);
      if (use.path[0] === 'data') this.#noteKey(node, use.path[1] ?? ANY_ITEM);
    }
  }

  /** Other text than an address would be no request. */
  addUrl(uses: readonly Use[]): void {
    const [first] = uses;
    if (first !== undefined && uses.length === 1) this.#merge(first.path, { constant: SOME_URL });
  }

  #noteKey(node: string, key: string): void {
    if (key === ANY_ITEM) {
      this.readsAll = true;
      return;
    }
    this.#keys.add(key);
    const keys = this.#keysByNode.get(node) ?? new Set();
    this.#keysByNode.set(node, keys.add(key));
  }

  #merge(path: readonly string[], { kind, constant, mayMiss }: Omit<Use, 'path'>): void {
    const at = this.#at(path);
    if (at === undefined) return;
    if (kind !== undefined) at.kinds.add(kind);
    if (constant !== undefined && !at.constants.includes(constant)) at.constants.push(constant);
    if (mayMiss === true) at.mayMiss = true;
  }

  #at([root = '', ...rest]: readonly string[]): OpenHint | undefined {
    let at: OpenHint | undefined = (this.#roots as Partial<Record<string, OpenHint>>)[root];
    for (const key of at === undefined ? [] : rest) at = stepInto(at as OpenHint, key);
    return at;
  }

  finish(): Hints {
    const { data, input_data: inputData, error, run } = this.#roots;
    const item = run.fields.get('item');
    for (const list of this.#lists) {
      const at = this.#at(list);
      if (item !== undefined && at !== undefined) at.item = mergeHints(at.item, item);
    }
    const told = data.fields.get('error')?.fields.get('details');
    const details = error.fields.get('details');
    return {
      data,
      inputData,
      details: details === undefined ? (told ?? NO_HINT) : mergeHints(told, details),
      keysByNode: this.#keysByNode,
      keys: this.readsAll ? undefined : this.#keys,
    };
  }
}

function stepInto(at: OpenHint, key: string): OpenHint {
  if (key === ANY_ITEM) {
    at.item ??= openHint();
    return at.item;
  }
  const known = at.fields.get(key) ?? openHint();
  at.fields.set(key, known);
  return known;
}

/** What is known of a value in two places. */
function mergeHints(one: OpenHint | undefined, other: OpenHint): OpenHint {
  if (one === undefined) return other;
  const fields = new Map(one.fields);
  for (const [key, hint] of other.fields) fields.set(key, mergeHints(fields.get(key), hint));
  return {
    fields,
    item: other.item === undefined ? one.item : mergeHints(one.item, other.item),
    kinds: new Set([...one.kinds, ...other.kinds]),
    constants: [...one.constants, ...other.constants],
    mayMiss: one.mayMiss || other.mayMiss,
  };
}

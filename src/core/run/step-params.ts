import isDeepEqual from 'fast-deep-equal';
import { type Json, type JsonObject, pointerToken } from '../base/json.js';
import { estimateBytes } from '../base/json-size.js';
import { type Mask, maskFor, NO_MASK, secretLabel } from '../base/mask.js';
import { readOf } from '../expressions/reads.js';
import type { CompiledGraph, CompiledNode } from '../graph/compile.js';
import { scopeOf } from './routing.js';
import type { RunState } from './state.js';

/** Larger params are cut: all steps of a page are shown together. */
export const MAX_PARAMS_BYTES = 16_384;
/** Params of one step, over all its attempts: those beyond are cut as a whole. */
const MAX_STEP_PARAMS_BYTES = 4 * MAX_PARAMS_BYTES;

/** What a step called its tool with. */
export interface CalledWith {
  /** The first attempt that had these params; those after it had the same, up to the next entry. */
  readonly attempt: number;
  /** Null if an expression had no value: then the tool was not called. */
  readonly value: Json;
  /** Pointers to what is too large to be shown: its type and size stand there. Omitted if all is shown. */
  readonly cut?: readonly string[];
}

type Shown = Pick<CalledWith, 'value' | 'cut'>;

/** True if some params of a graph depend on the state: what its steps were called with needs the state before each. */
export function hasDynamicParams(graph: CompiledGraph): boolean {
  const known = dynamicGraphs.get(graph);
  if (known !== undefined) return known;
  const isDynamic = [...graph.nodes.values()].some(({ params }) => !params.isStatic);
  dynamicGraphs.set(graph, isDynamic);
  return isDynamic;
}

const dynamicGraphs = new WeakMap<CompiledGraph, boolean>();
const staticParams = new WeakMap<CompiledNode, Shown>();

/**
 * Tells what the calls of a run were made with. Nothing of it is stored: it follows from the state before each call, as it
 * did when the call was made.
 */
export class ParamsReader {
  /** What each step was called with, while it is not shown. */
  readonly #calls = new Map<number, { readonly list: CalledWith[]; latest: number; bytes: number }>();
  readonly #masks = new Map<CompiledNode, Mask['value']>();

  /** @param secrets their values, which are shown nowhere */
  constructor(
    private readonly graph: CompiledGraph,
    private readonly secrets: Readonly<Record<string, string>>,
  ) {}

  /** Takes the state of the run after each event. */
  read(state: RunState): void {
    // A fork begins its first step of its own anew, with other data than the steps that were copied have left.
    if (state.phase.kind === 'submitted' && state.phase.cursor !== null) this.#calls.delete(state.phase.cursor.step);
    if (state.phase.kind !== 'calling') return;
    const { node: name, step, attempt } = state.phase.cursor;
    const node = this.graph.nodes.get(name);
    if (node === undefined || node.params.isStatic) return;
    const calls = this.#calls.get(step) ?? { list: [], latest: 0, bytes: 0 };
    if (calls.latest >= attempt) return;
    this.#calls.set(step, calls);
    calls.latest = attempt;
    const before = calls.list.at(-1);
    const { value, cut } = this.#paramsOf(node, state);
    if (before !== undefined && isDeepEqual([before.value, before.cut], [value, cut])) return;
    calls.bytes += estimateBytes(value);
    if (calls.bytes > MAX_STEP_PARAMS_BYTES) calls.list.push({ attempt, value: outlineOf(value), cut: [''] });
    else calls.list.push({ attempt, value, ...(cut !== undefined && { cut }) });
  }

  /** What a step was called with, up to one of its attempts. */
  paramsOf({ step, node }: { readonly step: number; readonly node: string }, attempts: number): readonly CalledWith[] {
    const found = this.graph.nodes.get(node);
    // Most steps are called once, and with what the graph says.
    if (found?.params.isStatic === true) return [{ attempt: 1, ...staticParamsOf(found) }];
    const list = this.#calls.get(step)?.list ?? [];
    return list.filter(({ attempt }) => attempt <= attempts);
  }

  #paramsOf(node: CompiledNode, state: RunState): Shown {
    try {
      const shown = cutParams(renderLabelled(node, state));
      // Masked when they are small: a search for secrets in a megabyte takes a fifth of a second. Labels can make them larger.
      const { value, cut } = cutParams(this.#maskOf(node)(shown.value) as JsonObject);
      return { value, ...mergeCuts(shown.cut, cut) };
    } catch {
      return { value: null };
    }
  }

  /** The labels stand for the secrets already; what else holds the value of one is hidden as in logs. */
  #maskOf(node: CompiledNode): Mask['value'] {
    const names = node.params.secretNames.filter((name) => this.secrets[name] !== undefined);
    const known = this.#masks.get(node) ?? (names.length === 0 ? NO_MASK : maskFor(names, this.secrets)).value;
    this.#masks.set(node, known);
    return known;
  }
}

function staticParamsOf(node: CompiledNode): Shown {
  const known = staticParams.get(node) ?? cutParams(node.params.preview as JsonObject);
  staticParams.set(node, known);
  return known;
}

/**
 * The params that a node calls its tool with, with labels for the secrets that they name.
 * @throws ExpressionError if an expression has no value
 */
export function renderLabelled({ params }: CompiledNode, state: RunState): JsonObject {
  if (params.isStatic) return params.preview as JsonObject;
  const secrets = Object.fromEntries(params.secretNames.map((name) => [name, secretLabel(name)]));
  return params.render({ ...scopeOf(state), secrets }) as JsonObject;
}

/** What was cut before secrets were hidden, and after. */
function mergeCuts(before: Shown['cut'] = [], after: Shown['cut'] = []): Pick<Shown, 'cut'> {
  const cut = [...new Set([...before, ...after])];
  if (cut.length === 0) return {};
  return { cut: cut.includes('') ? [''] : cut };
}

/** Replaces the largest params by their type and size, as many as it takes. */
function cutParams(params: JsonObject): Shown {
  if (estimateBytes(params, MAX_PARAMS_BYTES) <= MAX_PARAMS_BYTES) return { value: params };
  const outlines = Object.entries(params).map(([key, value]) => outlineParam(key, value));
  let bytes = outlines.reduce((sum, { least }) => sum + least, 0);
  if (bytes > MAX_PARAMS_BYTES) return { value: outlineOf(params), cut: [''] };
  const shown = new Set<string>();
  for (const { key, least, most } of outlines.toSorted((one, other) => one.most - other.most)) {
    bytes += most - least;
    if (bytes > MAX_PARAMS_BYTES) break;
    shown.add(key);
  }
  const isShown = ({ key }: { readonly key: string }) => shown.has(key);
  return {
    value: Object.fromEntries(outlines.map((each) => [each.key, isShown(each) ? each.value : each.outline])),
    cut: outlines.filter((each) => !isShown(each)).map(({ key }) => pointerToken(key)),
  };
}

interface Outlined {
  readonly key: string;
  readonly value: Json;
  readonly outline: Json;
  /** About how many bytes it takes as type and size, and how many as it is. */
  readonly least: number;
  readonly most: number;
}

function outlineParam(key: string, value: Json): Outlined {
  const outline = outlineOf(value);
  const keyBytes = key.length + 4;
  const least = keyBytes + estimateBytes(outline);
  return { key, value, outline, least, most: keyBytes + estimateBytes(value, MAX_PARAMS_BYTES) };
}

/** A value as type and size, unless it is small. */
function outlineOf(value: Json): Json {
  const read = readOf('', value);
  return 'type' in read ? { type: read.type, size: read.size } : read.value;
}

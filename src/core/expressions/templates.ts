import type { Problem } from '../base/errors.js';
import { freezeJson, type Json, type JsonObject, jsonBytes, pointerToken, setOwn } from '../base/json.js';
import { createPacer, type Steps } from '../base/steps.js';
import {
  compileExpression,
  type Expression,
  ExpressionError,
  type ExpressionOptions,
  type ExpressionProblem,
} from './expressions.js';
import { splitTemplate, type TemplatePart } from './template-text.js';
import { Meter, type Scope } from './values.js';

/** Most expressions of one document. */
const MAX_TEMPLATES = 500;
/** Most characters of all its expressions: parsing takes milliseconds for each 4,000. */
const MAX_TEMPLATE_CHARACTERS = 65_536;

/** A document whose strings can hold `${ expressions }`. Independent of any state, so all runs of a graph share it. */
export interface Template {
  /** True if no string holds an expression: `render` gives the same for every state. */
  readonly isStatic: boolean;
  /** The document with `$${` replaced by `${`; strings that hold expressions are as they were written. */
  readonly preview: Json;
  /** Where those strings are: JSON Pointers (RFC 6901) into the document. */
  readonly dynamicPointers: readonly string[];
  /** The secrets that the expressions name, sorted. */
  readonly secretNames: readonly string[];
  /**
   * The document for a state, frozen. Takes a tenth of a second at most.
   * @throws ExpressionError, which names the pointer, when an expression has no value or the whole is over 1 MiB.
   */
  render(scope: Scope): Json;
}

/** The code of the doctor for expressions. */
type TemplateProblem = Problem<'invalid_expression'>;

type Renderer = (scope: Scope, meter: Meter) => Json;

/** Stands where an expression has a problem: a stored graph can have one that an earlier release let pass. */
function rendererOf({ message, position, hint }: ExpressionProblem, pointer: string): Renderer {
  return () => {
    throw new ExpressionError(message, position, hint, pointer);
  };
}

interface Compilation {
  readonly options: ExpressionOptions;
  readonly problems: TemplateProblem[];
  readonly dynamicPointers: string[];
  readonly secretNames: Set<string>;
  readonly isDue: () => boolean;
  expressions: number;
  characters: number;
}

/** A part of the document, compiled. Only parts that hold expressions have a renderer. */
interface CompiledPart {
  readonly preview: Json;
  readonly render?: Renderer;
}

/**
 * Finds and compiles the expressions of a document. Keys are never templates.
 * A string that is exactly one `${ e }` becomes the value of `e`; in other text, values become text.
 * `$${` stands for `${`. A template with problems cannot be rendered.
 */
export function* compileTemplate(
  value: Json,
  options: ExpressionOptions,
): Steps<{ template: Template; problems: TemplateProblem[] }> {
  const compilation: Compilation = {
    options,
    problems: [],
    dynamicPointers: [],
    secretNames: new Set(),
    isDue: createPacer(),
    expressions: 0,
    characters: 0,
  };
  const { preview, render } = yield* compileValue(value, '', compilation);
  const template: Template = {
    isStatic: render === undefined,
    preview,
    dynamicPointers: compilation.dynamicPointers,
    secretNames: [...compilation.secretNames].sort(),
    render: render === undefined ? () => preview : createRender(render, preview),
  };
  return { template, problems: compilation.problems };
}

/**
 * Returns a function that is true for places whose value depends on an expression: at, under and above a string that
 * holds one. What a schema finds there says nothing before the expression has its value.
 */
export function createTouchCheck(dynamicPointers: readonly string[]): (pointer: string) => boolean {
  const dynamic = new Set(dynamicPointers);
  const above = new Set(dynamicPointers.flatMap(placesAbove));
  return (pointer) =>
    dynamic.has(pointer) || above.has(pointer) || placesAbove(pointer).some((place) => dynamic.has(place));
}

/** The pointers of what a place is part of. */
function placesAbove(pointer: string): string[] {
  const places: string[] = [];
  for (let end = pointer.lastIndexOf('/'); end !== -1; end = pointer.lastIndexOf('/', end - 1)) {
    places.push(pointer.slice(0, end));
    if (end === 0) break;
  }
  return places;
}

function createRender(render: Renderer, preview: Json): Template['render'] {
  let previewBytes: number | undefined;
  return (scope) => {
    const meter = new Meter();
    // The text around the expressions counts too.
    previewBytes ??= jsonBytes(preview);
    meter.spendBytes(previewBytes);
    return freezeJson(render(scope, meter));
  };
}

function* compileValue(value: Json, pointer: string, compilation: Compilation): Steps<CompiledPart> {
  if (typeof value !== 'object' || value === null) return compileScalar(value, pointer, compilation);
  const keys = Object.keys(value);
  const parts: CompiledPart[] = [];
  // Filled between the pauses: to make an object of 90,000 keys at once takes a tenth of a second.
  const list: Json[] = [];
  const map: Record<string, Json> = {};
  let isStatic = true;
  for (const key of keys) {
    const inner = (value as JsonObject)[key] as Json;
    const place = pointer + pointerToken(key);
    const isScalar = typeof inner !== 'object' || inner === null;
    const part = isScalar ? compileScalar(inner, place, compilation) : yield* compileValue(inner, place, compilation);
    if (part.render !== undefined) isStatic = false;
    parts.push(part);
    if (Array.isArray(value)) list.push(part.preview);
    else setOwn(map, key, part.preview);
    if (part.render !== undefined || compilation.isDue()) yield;
  }
  const assemble = (values: readonly Json[]): Json =>
    // Unlike assignments, fromEntries makes an own key of `__proto__` too.
    Array.isArray(value) ? values : Object.fromEntries(keys.map((key, index) => [key, values[index] as Json]));
  const preview = Object.freeze(Array.isArray(value) ? list : map);
  if (isStatic) return { preview };
  return {
    preview,
    render: (scope, meter) =>
      assemble(parts.map(({ preview, render }) => (render === undefined ? preview : render(scope, meter)))),
  };
}

function compileScalar(value: Exclude<Json, object>, pointer: string, compilation: Compilation): CompiledPart {
  return typeof value === 'string' ? compileText(value, pointer, compilation) : { preview: value };
}

function compileText(text: string, pointer: string, compilation: Compilation): CompiledPart {
  const split = splitTemplate(text);
  if (split.problem !== undefined) {
    report(split.problem, pointer, compilation);
    return { preview: text };
  }
  const { parts } = split;
  if (parts.every((part) => typeof part === 'string')) return { preview: parts.join('') };
  const renderers = parts.map((part) => (typeof part === 'string' ? part : compilePart(part, pointer, compilation)));
  compilation.dynamicPointers.push(pointer);
  const [only] = renderers;
  if (renderers.length === 1 && typeof only === 'function') return { preview: text, render: only };
  return { preview: text, render: (scope, meter) => renderers.map((part) => textOf(part, scope, meter)).join('') };
}

/** Compiles one expression. What it throws at run time names the document's place and the string's character. */
function compilePart(
  { source, start }: Exclude<TemplatePart, string>,
  pointer: string,
  compilation: Compilation,
): Renderer {
  compilation.expressions += 1;
  compilation.characters += source.length;
  const { expressions, characters } = compilation;
  if (expressions > MAX_TEMPLATES || characters > MAX_TEMPLATE_CHARACTERS) {
    const message = `There are more than ${MAX_TEMPLATES} expressions here, or ${MAX_TEMPLATE_CHARACTERS} characters of them.`;
    if (!compilation.problems.some((problem) => problem.message === message)) report({ message }, pointer, compilation);
    return rendererOf({ message }, pointer);
  }
  const { expression, problem } = compileExpression(source, { ...compilation.options, place: `${pointer}@${start}` });
  if (problem !== undefined) {
    const placed = { ...problem, position: start + (problem.position ?? 1) };
    report(placed, pointer, compilation);
    return rendererOf(placed, pointer);
  }
  for (const name of expression.secretNames) compilation.secretNames.add(name);
  return (scope, meter) => evaluateAt(expression, scope, meter, { pointer, start });
}

function evaluateAt(
  expression: Expression,
  scope: Scope,
  meter: Meter,
  { pointer, start }: { pointer: string; start: number },
): Json {
  try {
    return expression.evaluateWith(scope, meter);
  } catch (thrown) {
    if (!(thrown instanceof ExpressionError)) throw thrown;
    throw new ExpressionError(thrown.reason, start + (thrown.position ?? 1), thrown.hint, pointer);
  }
}

function textOf(part: string | Renderer, scope: Scope, meter: Meter): string {
  if (typeof part === 'string') return part;
  const value = part(scope, meter);
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function report({ message, position, hint }: ExpressionProblem, pointer: string, { problems }: Compilation): void {
  const placed = position === undefined ? message : `${message} (at character ${position})`;
  problems.push({ pointer, code: 'invalid_expression', message: placed, ...(hint && { hint }) });
}

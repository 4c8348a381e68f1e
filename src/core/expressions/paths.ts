import type { ASTNode } from '@marcbachmann/cel-js';
import type { Json } from '../base/json.js';
import { didYouMean, nearestName } from '../base/nearest-name.js';
import { describe, withArticle } from './operators.js';
import { type CompileContext, type Compiled, type Frame, fieldOf, positionOf, typed } from './parts.js';
import { ExpressionError, isList, isMap, Optional, type StaticType, type Value } from './values.js';

/** What an expression can begin with, and what one that chooses by an error can. */
const ROOTS = ['input_data', 'data', 'run'] as const;
const ROOTS_OF_ERRORS = ['error', ...ROOTS] as const;
/** What an expression of a hook can begin with. */
const ROOTS_OF_DELIVERIES = ['body', 'headers', 'query'] as const;
/** Roots that can be any JSON. */
const OF_ANY_TYPE: readonly Root[] = ['input_data', 'body'];
/** The roots whose fields are known. */
const FIELDS: Partial<Readonly<Record<Root, readonly string[]>>> = {
  run: ['run_id', 'graph_id', 'step', 'attempt', 'now', 'item', 'index'],
  error: ['code', 'message', 'details', 'attempt'],
};
const SECRET_NAME = /^[A-Z][A-Z0-9_]*$/;
/** Most keys that are compared with a misspelt one. */
const MAX_HINT_KEYS = 50;

type Root = (typeof ROOTS_OF_ERRORS | typeof ROOTS_OF_DELIVERIES)[number];
type Access = Extract<ASTNode, { op: '.' | '.?' | '[]' | '[?]' }>;

interface Step {
  readonly at: number;
  /** A name from the source, or a part that computes one. */
  readonly key: string | ((frame: Frame) => Value);
  readonly isOptional: boolean;
}

/** Where a path begins. */
interface Base extends Compiled {
  /** The root's name, if reads of it are recorded. */
  readonly path?: Root;
}

/** True for `secrets` and for what expressions of this kind begin with, such as `data`: no variable can hide them. */
export function isRoot(name: string, context: CompileContext): boolean {
  return name === 'secrets' || rootsOf(context).some((root) => root === name);
}

function rootsOf({ knowsError, knowsDelivery }: CompileContext): readonly Root[] {
  if (knowsDelivery) return ROOTS_OF_DELIVERIES;
  return knowsError ? ROOTS_OF_ERRORS : ROOTS;
}

/** Compiles `data.files[run.index].name` and the like, or, for `has(...)`, whether the last key exists. */
export function compilePath(node: ASTNode, context: CompileContext, asksPresence: boolean): Compiled {
  const { base, steps } = baseOf(node, context);
  const lastStep = asksPresence ? steps.at(-1) : undefined;
  const run = (frame: Frame): Value => {
    let at = base.run(frame);
    let place: string = base.path ?? '';
    for (const step of steps) {
      const key = typeof step.key === 'string' ? step.key : (step.key(frame) as string | number);
      if (frame.reads !== undefined) place += placeOf(key, step, frame);
      at = stepInto(at, key, step, { frame, mayMiss: step === lastStep });
    }
    if (base.path !== undefined) frame.reads?.note(place, at instanceof Optional ? at.value : at);
    return at;
  };
  if (asksPresence) return { type: 'boolean', run: (frame) => (run(frame) as Optional).value !== undefined };
  const isOptional = base.type === 'optional' || steps.some((step) => step.isOptional);
  if (isOptional) return { type: 'optional', run };
  return { type: steps.length === 0 ? base.type : 'any', run };
}

function baseOf(node: ASTNode, context: CompileContext): { base: Base; steps: Step[] } {
  const accesses: Access[] = [];
  let start = node;
  while (start.op === '.' || start.op === '.?' || start.op === '[]' || start.op === '[?]') {
    accesses.unshift(start);
    start = start.args[0];
  }
  if (start.op === 'id' && start.args === 'secrets') {
    const base = secretBase(start, accesses.shift(), context);
    return { base, steps: stepsOf(base.type, accesses, context) };
  }
  const base = start.op === 'id' ? namedBase(start.args, positionOf(start), context) : context.compile(start);
  const { path } = base as Base;
  if (path !== undefined) checkField(path, accesses[0], context);
  return { base, steps: stepsOf(base.type, accesses, context) };
}

function namedBase(name: string, at: number, context: CompileContext): Base {
  if (name === context.variable) return { type: 'any', run: (frame) => frame.item };
  const roots = rootsOf(context);
  const root = roots.find((known) => known === name);
  if (root !== undefined) {
    return { type: OF_ANY_TYPE.includes(root) ? 'any' : 'map', run: ({ scope }) => scope[root] as Json, path: root };
  }
  const known = [...roots, context.allowsSecrets ? 'secrets' : '', context.variable ?? ''].filter(
    (word) => word !== '',
  );
  const { hint } = didYouMean(name, known);
  throw new ExpressionError(`There is no "${name}". Expressions know ${roots.join(', ')}.`, at, hint);
}

function checkField(root: Root, access: Access | undefined, context: CompileContext): void {
  const fields = FIELDS[root];
  if (fields === undefined || (access?.op !== '.' && access?.op !== '.?')) return;
  const name = fieldOf(access, context);
  if (fields.includes(name)) return;
  const { hint } = didYouMean(name, fields);
  throw new ExpressionError(`${root} has no "${name}". It has ${fields.join(', ')}.`, positionOf(access), hint);
}

/** `secrets.NAME` and nothing else, so that the names are known before the run. */
function secretBase(start: ASTNode, access: Access | undefined, context: CompileContext): Base {
  const at = positionOf(start);
  if (!context.allowsSecrets) throw new ExpressionError('Secrets cannot be used here.', at);
  const name = access?.op === '.' ? access.args[1] : '';
  if (!SECRET_NAME.test(name)) {
    throw new ExpressionError('Secrets are used as secrets.NAME, in capital letters, digits and "_".', at);
  }
  context.secretNames.add(name);
  const run = ({ scope }: Frame): Value => {
    const value = scope.secrets !== undefined && Object.hasOwn(scope.secrets, name) ? scope.secrets[name] : undefined;
    if (value !== undefined) return value;
    throw new ExpressionError(`The secret ${name} is not set.`, at);
  };
  return { type: 'string', run };
}

function stepsOf(base: StaticType, accesses: readonly Access[], context: CompileContext): Step[] {
  const [first] = accesses;
  if (first !== undefined && (base === 'string' || base === 'number' || base === 'boolean' || base === 'null')) {
    throw new ExpressionError(`There is nothing to look for in ${describe(base)}.`, positionOf(first));
  }
  return accesses.map((access) => {
    const at = positionOf(access);
    const isOptional = access.op === '.?' || access.op === '[?]';
    context.parts += 1;
    if (access.op === '.' || access.op === '.?') return { at, key: fieldOf(access, context), isOptional };
    const index = access.args[1];
    const key = typed(context.compile(index), ['string', 'number'], '"[ ]"', positionOf(index));
    return { at, key, isOptional };
  });
}

function placeOf(key: string | number, step: Step, frame: Frame): string {
  if (typeof step.key !== 'string' && frame.hidesKeys) return '[...]';
  return typeof key === 'number' ? `[${key}]` : `.${key}`;
}

function stepInto(
  from: Value,
  key: string | number,
  step: Step,
  { frame, mayMiss }: { frame: Frame; mayMiss: boolean },
): Value {
  const isOptional = step.isOptional || from instanceof Optional;
  const holder = from instanceof Optional ? from.value : from;
  const found = holder === undefined ? undefined : lookUp(holder, key);
  if (isOptional || (mayMiss && isMap(holder as Json))) return new Optional(found);
  if (found === undefined) throw missing(holder as Json, key, step, frame);
  return found;
}

function lookUp(holder: Json, key: string | number): Json | undefined {
  if (isList(holder)) return typeof key === 'number' ? holder[key] : undefined;
  return isMap(holder) && typeof key === 'string' && Object.hasOwn(holder, key) ? holder[key] : undefined;
}

function missing(holder: Json, key: string | number, step: Step, { hidesKeys }: Frame): ExpressionError {
  const { at } = step;
  if (isList(holder) && typeof key === 'number') {
    return new ExpressionError(`The list has no item ${key}: it has ${holder.length}.`, at);
  }
  if (isMap(holder) && typeof key === 'number') {
    return new ExpressionError('Keys of a map are strings. Use string(...).', at);
  }
  const isComputed = typeof step.key !== 'string';
  const shown = isComputed && hidesKeys ? 'such key' : `key ${JSON.stringify(String(key).slice(0, 100))}`;
  if (!isMap(holder)) return new ExpressionError(`There is no ${shown} in ${withArticle(holder)}.`, at);
  // Any two short names are near each other.
  const near = isComputed || String(key).length < 3 ? undefined : nearestName(String(key), firstKeys(holder));
  const hint = near === undefined ? undefined : `Did you mean "${near}"?`;
  return new ExpressionError(`There is no ${shown}.`, at, hint);
}

function firstKeys(map: object): string[] {
  return Object.keys(map).slice(0, MAX_HINT_KEYS);
}

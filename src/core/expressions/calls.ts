import type { ASTNode } from '@marcbachmann/cel-js';
import { v5 as nameUuid } from 'uuid';
import { didYouMean } from '../base/nearest-name.js';
import type { ExpressionFunction } from './function.js';
import { FUNCTIONS, METHODS } from './functions.js';
import { compileMacro, isMacro } from './macros.js';
import { type CompileContext, type Compiled, type Frame, positionOf, typed } from './parts.js';
import { compilePath } from './paths.js';
import { ExpressionError, JSON_KINDS, type Optional, type Value } from './values.js';

type CallNode = Extract<ASTNode, { op: 'call' }>;
type MethodNode = Extract<ASTNode, { op: 'rcall' }>;

/** Functions of CEL that are not available here, and what to use instead. */
const REFUSED: ReadonlyMap<string, string> = new Map(
  Object.entries({
    matches:
      'Regular expressions are not available: some take years. Use contains, startsWith, endsWith, indexOf or split.',
    timestamp: 'Times are strings here: those in RFC 3339 and UTC compare in order.',
    duration: 'Durations are not available: compute with numbers of seconds.',
    bytes: 'Bytes are not available: JSON has strings.',
    uint: 'Every number is a JSON number. Use int(...) or double(...).',
    dyn: 'Every value is dynamic already. Leave dyn() out.',
    type: 'type() is not available.',
    bind: 'cel.bind is not available.',
  }),
);

/** Compiles `name(...)`. */
export function compileFunction(node: CallNode, context: CompileContext): Compiled {
  const [name, args] = node.args;
  const at = positionOf(node);
  if (name === 'has') return compileHas(args, at, context);
  if (name === 'uuid') return compileUuid(args, at, context);
  const known = FUNCTIONS.get(name);
  if (known !== undefined) return compileCall(name, known, args, { at, context });
  refuse(name, at);
  const hint = METHODS.has(name)
    ? `Write x.${name}(...).`
    : didYouMean(name, [...FUNCTIONS.keys(), 'has', 'uuid']).hint;
  throw new ExpressionError(`There is no function "${name}".`, at, hint);
}

/** Compiles `x.name(...)`. */
export function compileMethod(node: MethodNode, context: CompileContext): Compiled {
  const [name, receiver, args] = node.args;
  const at = positionOf(node);
  if (isMacro(name)) return compileMacro(node, context);
  const onOptional = OPTIONAL_METHODS.get(name);
  if (onOptional !== undefined && onOptional.args === args.length) {
    const target = typed(context.compile(receiver), ['optional'], `${name}()`, at) as (frame: Frame) => Optional;
    return onOptional.compile(
      target,
      args.map((arg) => context.compile(arg)),
      at,
    );
  }
  const known = METHODS.get(name);
  if (known !== undefined) return compileCall(name, known, [receiver, ...args], { at, context });
  refuse(name, at);
  const names = [...METHODS.keys(), ...OPTIONAL_METHODS.keys(), 'all', 'exists', 'exists_one', 'map', 'filter'];
  const hint = FUNCTIONS.has(name) ? `Write ${name}(x).` : didYouMean(name, names).hint;
  throw new ExpressionError(`There is no method "${name}".`, at, hint);
}

function refuse(name: string, at: number): void {
  const reason = REFUSED.get(name);
  if (reason !== undefined) throw new ExpressionError(reason, at);
}

/** `has(x.y)`: whether the last key exists. Everything before it must exist. */
function compileHas(args: readonly ASTNode[], at: number, context: CompileContext): Compiled {
  const [path] = args;
  if (args.length !== 1 || path === undefined || (path.op !== '.' && path.op !== '.?')) {
    throw new ExpressionError('has() takes a path such as data.review.score.', at);
  }
  const before = context.secretNames.size;
  const compiled = compilePath(path, context, true);
  if (context.secretNames.size > before) throw new ExpressionError('has() cannot ask for a secret.', at);
  return compiled;
}

/** What the ids of `uuid()` are names in. */
const NAMESPACE = '6b0e3f0a-52b1-4c53-9e1b-0d3c8d0f6a5e';
/** Hashing takes some microseconds. */
const UUID_WORK = 200;

/**
 * `uuid()`: an id made from the run, the step and the place of the call, so that each attempt of a step has the same.
 * A macro makes another one for each item.
 */
function compileUuid(args: readonly ASTNode[], at: number, { place }: CompileContext): Compiled {
  if (args.length > 0) throw new ExpressionError('uuid() has the wrong number of arguments.', at);
  const site = `${place}:${at}`;
  const run = ({ scope, meter }: Frame): Value => {
    meter.spend(UUID_WORK, at);
    const { run_id, step } = scope.run;
    return nameUuid(JSON.stringify([run_id, step, site, meter.draw(site)]), NAMESPACE);
  };
  return { type: 'string', run };
}

function compileCall(
  name: string,
  fn: ExpressionFunction,
  args: readonly ASTNode[],
  { at, context }: { at: number; context: CompileContext },
): Compiled {
  const most = fn.params.length;
  const least = most - (fn.optional ?? 0);
  if (args.length < least || args.length > most) {
    throw new ExpressionError(`${name}() has the wrong number of arguments.`, at);
  }
  const parts = fn.params.slice(0, args.length).map((kinds, index) => {
    const arg = args[index] as ASTNode;
    return typed(context.compile(arg), kinds, `${name}()`, positionOf(arg));
  });
  return {
    type: fn.result,
    run: (frame) =>
      fn.run(
        parts.map((part) => part(frame)),
        { meter: frame.meter, at },
      ),
  };
}

interface OptionalMethod {
  readonly args: number;
  compile(target: (frame: Frame) => Optional, args: readonly Compiled[], at: number): Compiled;
}

const OPTIONAL_METHODS: ReadonlyMap<string, OptionalMethod> = new Map(
  Object.entries<OptionalMethod>({
    hasValue: {
      args: 0,
      compile: (target) => ({ type: 'boolean', run: (frame) => target(frame).value !== undefined }),
    },
    value: {
      args: 0,
      compile(target, _args, at) {
        const run = (frame: Frame): Value => {
          const { value } = target(frame);
          if (value === undefined) throw new ExpressionError('The optional value is not there.', at);
          return value;
        };
        return { type: 'any', run };
      },
    },
    orValue: {
      args: 1,
      compile(target, args, at) {
        const other = typed(args[0] as Compiled, JSON_KINDS, 'orValue()', at);
        const run = (frame: Frame): Value => {
          const { value } = target(frame);
          // A null that is there is a value.
          return value === undefined ? other(frame) : value;
        };
        return { type: 'any', run };
      },
    },
    or: {
      args: 1,
      compile(target, args, at) {
        const other = typed(args[0] as Compiled, ['optional'], 'or()', at);
        const run = (frame: Frame): Value => {
          const first = target(frame);
          return first.value === undefined ? other(frame) : first;
        };
        return { type: 'optional', run };
      },
    },
  }),
);

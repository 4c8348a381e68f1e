import type { ASTNode } from '@marcbachmann/cel-js';
import type { Json } from '../base/json.js';
import { compileFunction, compileMethod } from './calls.js';
import { BINARY_OPERATORS, describe } from './operators.js';
import { type CompileContext, type Compiled, type Frame, positionOf, typed } from './parts.js';
import { compilePath } from './paths.js';
import { ExpressionError, JSON_KINDS, type Kind, kindOf, type Value } from './values.js';

/**
 * Turns a parsed expression into closures.
 *
 * The library's own evaluator is not used, since what runs here comes from clients: it has no limit of work (a
 * comparison of lists inside a macro, or a search in a hostile string, blocks for minutes), it lets `||` and `&&` hide
 * errors, keeps integers apart from the doubles that JSON has, and trips over data with a key named `constructor`.
 * @throws ExpressionError for everything that is wrong whatever the state is.
 */
export function compileAst(node: ASTNode, context: CompileContext): Compiled {
  context.parts += 1;
  switch (node.op) {
    case 'value':
      return literal(node.args, positionOf(node));
    case 'id':
    case '.':
    case '.?':
    case '[]':
    case '[?]':
      return compilePath(node, context, false);
    case 'call':
      return compileFunction(node, context);
    case 'rcall':
      return compileMethod(node, context);
    case 'list':
      return compileList(node.args, context);
    case 'map':
      return compileMap(node.args, context);
    case '?:':
      return compileChoice(node.args, context);
    case '||':
    case '&&':
      return compileLogic(node.op, node.args, context);
    case '!_': {
      const operand = typed(context.compile(node.args), ['boolean'], '"!"', positionOf(node));
      return { type: 'boolean', run: (frame) => !operand(frame) };
    }
    case '-_': {
      const operand = typed(context.compile(node.args), ['number'], '"-"', positionOf(node));
      return { type: 'number', run: (frame) => -(operand(frame) as number) };
    }
    // Every other operator has two operands: a new one with another shape does not compile here.
    default:
      return compileBinary(node.op, node.args, positionOf(node), context);
  }
}

function literal(value: unknown, at: number): Compiled {
  if (typeof value === 'bigint') {
    const number = Number(value);
    if (!Number.isSafeInteger(number)) {
      throw new ExpressionError('Whole numbers have at most 53 bits here, as in JSON.', at);
    }
    return { type: 'number', run: () => number };
  }
  if (typeof value === 'object' && value !== null) {
    throw new ExpressionError('Write numbers without "u" and strings without "b": JSON has neither.', at);
  }
  const constant = value as string | number | boolean | null;
  return { type: kindOf(constant), run: () => constant };
}

function compileList(items: readonly ASTNode[], context: CompileContext): Compiled {
  const parts = items.map((item) => typed(context.compile(item), JSON_KINDS, 'A list', positionOf(item)));
  return { type: 'list', run: (frame) => parts.map((part) => part(frame) as Json) };
}

function compileMap(entries: readonly (readonly [ASTNode, ASTNode])[], context: CompileContext): Compiled {
  const parts = entries.map(([key, value]) => ({
    at: positionOf(key),
    key: typed(context.compile(key), ['string'], 'The key of a map', positionOf(key)),
    value: typed(context.compile(value), JSON_KINDS, 'A map', positionOf(value)),
  }));
  const run = (frame: Frame): Json => {
    const pairs = new Map<string, Json>();
    for (const { at, key, value } of parts) {
      const name = key(frame) as string;
      if (pairs.has(name)) throw new ExpressionError('The map has this key already.', at);
      pairs.set(name, value(frame) as Json);
    }
    // Unlike an assignment, this makes an own key of `__proto__` too.
    return Object.fromEntries(pairs);
  };
  return { type: 'map', run };
}

function compileChoice(args: readonly [ASTNode, ASTNode, ASTNode], context: CompileContext): Compiled {
  const [test, yes, no] = args.map((arg) => context.compile(arg)) as [Compiled, Compiled, Compiled];
  const condition = typed(test, ['boolean'], '"? :"', positionOf(args[0]));
  return {
    type: yes.type === no.type ? yes.type : 'any',
    run: (frame) => (condition(frame) === true ? yes.run(frame) : no.run(frame)),
  };
}

/** From left to right, stopping when the answer is known. Errors are errors: nothing hides them. */
function compileLogic(op: '||' | '&&', args: readonly [ASTNode, ASTNode], context: CompileContext): Compiled {
  const [left, right] = args.map((arg) => typed(context.compile(arg), ['boolean'], `"${op}"`, positionOf(arg))) as [
    (frame: Frame) => boolean,
    (frame: Frame) => boolean,
  ];
  if (op === '||') return { type: 'boolean', run: (frame) => left(frame) || right(frame) };
  return { type: 'boolean', run: (frame) => left(frame) && right(frame) };
}

function compileBinary(
  op: string,
  [leftNode, rightNode]: readonly [ASTNode, ASTNode],
  at: number,
  context: CompileContext,
): Compiled {
  const operator = BINARY_OPERATORS.get(op);
  // Another version of the library can have more operators than its types say: they are refused.
  if (operator === undefined) throw new ExpressionError(`"${op}" is not available.`, at);
  const left = context.compile(leftNode);
  const right = context.compile(rightNode);
  const { alike, result } = operator;
  if (alike === undefined) {
    return { type: result, run: (frame) => operator.run(left.run(frame), right.run(frame), frame.meter, at) };
  }
  const what = `"${op}"`;
  const leftValue = typed(left, alike, what, at);
  typed(right, alike, what, at);
  if (left.type !== 'any' && right.type !== 'any' && left.type !== right.type) {
    throw unlike(what, left.type, right.type, at);
  }
  const run = (frame: Frame): Value => {
    const [first, second] = [leftValue(frame), right.run(frame)];
    if (kindOf(first) !== kindOf(second)) throw unlike(what, kindOf(first), kindOf(second), at);
    return operator.run(first, second, frame.meter, at);
  };
  return { type: result === 'any' ? left.type : result, run };
}

function unlike(what: string, left: Kind, right: Kind, at: number): ExpressionError {
  return new ExpressionError(`${what} takes two values of one kind, not ${describe(left)} and ${describe(right)}.`, at);
}

import type { ASTNode } from '@marcbachmann/cel-js';
import type { Json } from '../base/json.js';
import { boundList, boundText } from './function.js';
import {
  compareText,
  ExpressionError,
  isList,
  isMap,
  isSame,
  type Kind,
  kindOf,
  type Meter,
  type Optional,
  type StaticType,
  type Value,
} from './values.js';

export interface BinaryOperator {
  readonly result: StaticType;
  /** The kinds that both sides can have, if they must be alike; without it the operator checks by itself. */
  readonly alike?: readonly Kind[];
  run(left: Value, right: Value, meter: Meter, at: number): Json;
}

function arithmetic(compute: (left: number, right: number, at: number) => number): BinaryOperator {
  return {
    result: 'number',
    alike: ['number'],
    run: (left, right, _meter, at) => finite(compute(left as number, right as number, at), at),
  };
}

/** @param holds whether the comparison holds for an order: negative, 0 or positive */
function comparison(holds: (order: number) => boolean): BinaryOperator {
  return {
    result: 'boolean',
    alike: ['number', 'string', 'boolean'],
    run(left, right, meter, at) {
      if (typeof left !== 'string') return holds(Number(left) - Number(right));
      meter.spendCharacters(left.length, at);
      return holds(compareText(left, right as string));
    },
  };
}

function finite(number: number, at: number): number {
  if (Number.isFinite(number)) return number;
  throw new ExpressionError('The result is too large for a number.', at);
}

function nonZero(divisor: number, at: number): number {
  if (divisor !== 0) return divisor;
  throw new ExpressionError('Division by zero.', at);
}

/** The operators of the parser with two operands, of which `||` and `&&` evaluate the second only if they must. */
type BinaryOp = Exclude<Extract<ASTNode, { args: [ASTNode, ASTNode] }>['op'], '||' | '&&' | '[]' | '[?]'>;

/** The operators between two values. Every number is a JSON number, so `7 / 2` is 3.5; `int()` cuts. */
export const BINARY_OPERATORS: ReadonlyMap<string, BinaryOperator> = new Map(
  Object.entries<BinaryOperator>({
    '+': { result: 'any', alike: ['number', 'string', 'list'], run: add },
    '-': arithmetic((left, right) => left - right),
    '*': arithmetic((left, right) => left * right),
    '/': arithmetic((left, right, at) => left / nonZero(right, at)),
    '%': arithmetic((left, right, at) => left % nonZero(right, at)),
    '<': comparison((order) => order < 0),
    '<=': comparison((order) => order <= 0),
    '>': comparison((order) => order > 0),
    '>=': comparison((order) => order >= 0),
    '==': { result: 'boolean', run: (left, right, meter, at) => isSame(json(left, at), json(right, at), meter, at) },
    '!=': { result: 'boolean', run: (left, right, meter, at) => !isSame(json(left, at), json(right, at), meter, at) },
    in: { result: 'boolean', run: isIn },
  } satisfies Record<BinaryOp, BinaryOperator>),
);

function add(left: Value, right: Value, meter: Meter, at: number): Json {
  if (typeof left === 'number') return finite(left + (right as number), at);
  if (typeof left === 'string') {
    const text = boundText(left + (right as string), { meter, at });
    meter.spendCharacters(text.length, at);
    return text;
  }
  const [head, tail] = [left, right] as [readonly Json[], readonly Json[]];
  boundList(head.length + tail.length, { meter, at });
  meter.spend(head.length + tail.length, at);
  return [...head, ...tail];
}

function isIn(left: Value, right: Value, meter: Meter, at: number): boolean {
  const wanted = json(left, at);
  if (isList(right)) return right.some((item) => isSame(item, wanted, meter, at));
  // Keys are strings, so nothing else is one.
  if (isMap(right)) return typeof wanted === 'string' && Object.hasOwn(right, wanted);
  throw new ExpressionError(
    `"in" looks for a value in a list or for a key in a map, not in ${withArticle(right)}.`,
    at,
  );
}

/** Refuses optional values, which are never equal to anything that JSON has. */
function json(value: Value, at: number): Json {
  if (kindOf(value) !== 'optional') return value as Exclude<Value, Optional>;
  throw new ExpressionError('The value is optional. Add .orValue(...) to it.', at);
}

/** The kind of a value in a sentence. */
export function withArticle(value: Value): string {
  return describe(kindOf(value));
}

export function describe(kind: Kind): string {
  if (kind === 'null') return 'null';
  return kind === 'optional' ? 'an optional value' : `a ${kind}`;
}

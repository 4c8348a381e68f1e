import type { Json, JsonObject } from '../base/json.js';
import { CODECS } from './codecs.js';
import { type Call, type ExpressionFunction, NUMBER, TEXT } from './function.js';
import { LIST_FUNCTIONS, LIST_METHODS } from './list-functions.js';
import { countCodePoints, TEXT_METHODS } from './text-functions.js';
import { TIME_FUNCTIONS } from './times.js';
import { ExpressionError, isList } from './values.js';

const DIGITS = /^[+-]?[0-9]{1,20}$/;
const DECIMAL = /^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/;
const LONGEST_DECIMAL = 400;
/** Listing the keys of a large map takes 150 ns for each, measured. */
const UNITS_PER_KEY = 3;

const size: ExpressionFunction = {
  params: [['string', 'list', 'map']],
  result: 'number',
  run([value]: [string | readonly Json[] | JsonObject], call) {
    if (typeof value === 'string') return countCodePoints(value, value.length, call);
    if (isList(value)) return value.length;
    const { length } = Object.keys(value);
    call.meter.spend(length * UNITS_PER_KEY, call.at);
    return length;
  },
};

/** Called as `name(x)`. */
export const FUNCTIONS: ReadonlyMap<string, ExpressionFunction> = new Map(
  Object.entries<ExpressionFunction>({
    size,
    string: { params: [['string', 'number', 'boolean']], result: 'string', run: ([value]) => String(value) },
    int: { params: [[...NUMBER, ...TEXT]], result: 'number', run: ([value], call) => toInteger(value, call) },
    double: { params: [[...NUMBER, ...TEXT]], result: 'number', run: ([value], call) => toNumber(value, call) },
    bool: { params: [['boolean', 'string']], result: 'boolean', run: ([value], call) => toBoolean(value, call) },
    ...LIST_FUNCTIONS,
    ...CODECS,
    ...TIME_FUNCTIONS,
  }),
);

/** Called as `x.name(...)`. */
export const METHODS: ReadonlyMap<string, ExpressionFunction> = new Map(
  Object.entries<ExpressionFunction>({ size, ...TEXT_METHODS, ...LIST_METHODS }),
);

function toInteger(value: number | string, { at }: Call): number {
  const number = typeof value === 'number' ? Math.trunc(value) : DIGITS.test(value) ? Number(value) : Number.NaN;
  if (Number.isSafeInteger(number)) return number;
  throw new ExpressionError('int() takes a number, or a string of digits, of at most 53 bits.', at);
}

function toNumber(value: number | string, { at }: Call): number {
  if (typeof value === 'number') return value;
  const number = value.length <= LONGEST_DECIMAL && DECIMAL.test(value) ? Number(value) : Number.NaN;
  if (Number.isFinite(number)) return number;
  throw new ExpressionError('double() takes a number, or a string that is one.', at);
}

function toBoolean(value: boolean | string, { at }: Call): boolean {
  if (typeof value === 'boolean') return value;
  if (['1', 't', 'true', 'TRUE', 'True'].includes(value)) return true;
  if (['0', 'f', 'false', 'FALSE', 'False'].includes(value)) return false;
  throw new ExpressionError('bool() takes a boolean, or a string such as "true" or "false".', at);
}

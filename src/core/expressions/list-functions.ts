import type { Json } from '../base/json.js';
import { boundLength, boundList, type Call, type ExpressionFunction, LIST, NUMBER, TEXT } from './function.js';
import { canonicalText, compareText, ExpressionError, isList, type Kind, kindOf } from './values.js';

/** What has an order. */
const ORDERED: readonly Kind[] = ['number', 'string', 'boolean'];
/** As many values as a call can have, or one list of them. */
const MOST_ARGUMENTS = 8;

type Ordered = number | string | boolean;

const min = extreme('min', (order) => order < 0);
const max = extreme('max', (order) => order > 0);
const sum: ExpressionFunction = { params: [LIST], result: 'number', run: ([list], call) => addUp(list, call) };
const sort: ExpressionFunction = { params: [LIST], result: 'list', run: ([list], call) => sorted(list, call) };
const distinct: ExpressionFunction = { params: [LIST], result: 'list', run: ([list], call) => unique(list, call) };

/** Called as `name(list)`; `range` makes a list. */
export const LIST_FUNCTIONS: Readonly<Record<string, ExpressionFunction>> = {
  min,
  max,
  sum,
  sort,
  distinct,
  range: { params: [NUMBER, NUMBER], optional: 1, result: 'list', run: range },
};

/** Called as `list.name()`. */
export const LIST_METHODS: Readonly<Record<string, ExpressionFunction>> = {
  min: { ...min, params: [LIST], optional: 0 },
  max: { ...max, params: [LIST], optional: 0 },
  sum,
  sort,
  distinct,
  join: { params: [LIST, TEXT], optional: 1, result: 'string', run: join },
};

/** The smallest or largest of a list, or of the arguments. */
function extreme(name: string, isBetter: (order: number) => boolean): ExpressionFunction {
  const others = Array.from({ length: MOST_ARGUMENTS - 1 }, () => ORDERED);
  return {
    params: [[...LIST, ...ORDERED], ...others],
    optional: others.length,
    result: 'any',
    run(args: readonly Json[], call) {
      const [first] = args;
      const isOneList = args.length === 1 && isList(first as Json);
      if (!isOneList && (args.length === 1 || args.some(isList))) {
        throw new ExpressionError(`${name}() takes a list, or two values or more.`, call.at);
      }
      const [best, ...rest] = orderedItems(name, isOneList ? (first as readonly Json[]) : args, call);
      if (best === undefined) throw new ExpressionError(`${name}() takes a list with at least one item.`, call.at);
      return rest.reduce((found, item) => (isBetter(compare(item, found, call)) ? item : found), best);
    },
  };
}

/** Refuses what has no order: lists with values of different kinds, or of kinds such as maps. */
function orderedItems(name: string, items: readonly Json[], call: Call): readonly Ordered[] {
  boundList(items.length, call);
  call.meter.spend(items.length, call.at);
  const kinds = new Set(items.map(kindOf));
  const [kind] = kinds;
  if (kinds.size > 1 || (kind !== undefined && !ORDERED.includes(kind))) {
    throw new ExpressionError(`${name}() takes values of one kind: numbers, strings or booleans.`, call.at);
  }
  return items as readonly Ordered[];
}

function compare(left: Ordered, right: Ordered, { meter, at }: Call): number {
  meter.spend(1, at);
  if (typeof left === 'string') {
    meter.spendCharacters(Math.min(left.length, (right as string).length), at);
    return compareText(left, right as string);
  }
  return Number(left) - Number(right);
}

function sorted(list: readonly Json[], call: Call): Json {
  return [...orderedItems('sort', list, call)].sort((left, right) => compare(left, right, call));
}

function addUp(list: readonly Json[], call: Call): number {
  boundList(list.length, call);
  call.meter.spend(list.length, call.at);
  let total = 0;
  for (const item of list) {
    if (typeof item !== 'number') throw new ExpressionError('sum() takes a list of numbers only.', call.at);
    total += item;
  }
  if (Number.isFinite(total)) return total;
  throw new ExpressionError('The sum is too large for a number.', call.at);
}

/** The items without those that are equal to an earlier one. */
function unique(list: readonly Json[], call: Call): Json {
  boundList(list.length, call);
  const items = new Map<string, Json>();
  for (const item of list) {
    const text = canonicalText(item, call.meter, call.at);
    if (!items.has(text)) items.set(text, item);
  }
  return [...items.values()];
}

/** The whole numbers below `end`, from 0 or from a start: `range(3)` is `[0, 1, 2]`, `range(2, 4)` is `[2, 3]`. */
function range([first, second]: [number, number?], call: Call): number[] {
  const [start, end] = second === undefined ? [0, first] : [first, second];
  if (!Number.isSafeInteger(start) || !Number.isSafeInteger(end)) {
    throw new ExpressionError('range() takes whole numbers.', call.at);
  }
  const length = Math.max(0, end - start);
  boundList(length, call);
  call.meter.spend(length * 2, call.at);
  return Array.from({ length }, (_, index) => start + index);
}

function join([list, separator = '']: [readonly Json[], string?], call: Call): string {
  boundList(list.length, call);
  call.meter.spend(list.length, call.at);
  let length = 0;
  for (const item of list) {
    if (typeof item !== 'string') throw new ExpressionError('join() takes a list of strings only.', call.at);
    length += item.length + separator.length;
  }
  // Checked before it is built: 10,000 long separators make gigabytes.
  boundLength(length - separator.length, call);
  call.meter.spendCharacters(length, call.at);
  return list.join(separator);
}

import { describe, expect, it, test } from 'vitest';
import { copyJson, type JsonObject } from '../../../src/core/base/json.js';
import { compileExpression, ExpressionError, Meter, type Scope } from '../../../src/core/expressions/expressions.js';
import { compileTemplate } from '../../helpers/all-steps.js';

const RUN = { run_id: 'r1', graph_id: 'g', step: 3, attempt: 1, now: '2026-01-31T23:59:59.500Z' };

function resultOf(source: string, data: unknown = {}, run: JsonObject = RUN): unknown {
  const { expression, problem } = compileExpression(source, { secrets: false });
  if (problem !== undefined) throw new Error(`${source}: ${problem.message}`);
  const scope: Scope = { input_data: null, data: copyJson(data) as JsonObject, run };
  return expression.evaluate(scope).value;
}

function errorOf(source: string, data?: unknown): string {
  try {
    resultOf(source, data);
  } catch (thrown) {
    if (thrown instanceof ExpressionError) return thrown.reason;
    throw thrown;
  }
  return 'no error';
}

const DATA = {
  lone: 'a\ud800',
  pair: '😀',
  headers: { 'content-type': 'text/html', 'a.b/c d': 1, 'x"y': 2 },
  none: null,
  list: [3, 1, 2, 1],
};

describe('values that were wrong', () => {
  test.each<[string, unknown]>([
    ['data.?none.orValue(5)', null],
    ['data.?none.hasValue()', true],
    ['data.?nothing.orValue(5)', 5],
    ['"\\U0001F600" < "\\uFFFD"', false],
    ['"\\uFFFD" < "\\U0001F600"', true],
    ['"\\uE000" >= "\\U0001F600"', false],
    ['"a" < "ab" && "ab" > "a" && "a" <= "a" && !("b" < "ab")', true],
    ['"\\u0085\\u00a0 \\t\\na b\\u2003\\u3000".trim()', 'a b'],
    ['"\\ufeffa\\u200b".trim()', '\ufeffa\u200b'],
    ['" ".trim() + "".trim()', ''],
    ['7 in {}', false],
    ['null in {"null": 1}', false],
    ['"a" in {"a": 1}', true],
  ])('%s', (source, expected) => {
    expect(resultOf(source, DATA)).toEqual(expected);
  });
});

describe('quoted fields', () => {
  test.each<[string, unknown]>([
    ['data.headers.`content-type`', 'text/html'],
    ['data.headers.`a.b/c d` + 1', 2],
    ['data.headers.`x"y`', 2],
    ['has(data.headers.`content-type`) && !has(data.headers.`content-length`)', true],
    ['data.headers.?`content-length`.orValue(0)', 0],
    ['data.headers . `content-type`', 'text/html'],
    ['"`" + data.headers.`content-type` // `', '`text/html'],
  ])('%s', (source, expected) => {
    expect(resultOf(source, DATA)).toBe(expected);
  });

  it.each(['`data`', 'data.`', 'data.`a', 'data.``', 'data.`a\n`', 'data.headers.`a`()', 'data[`a`]'])(
    'are fields and nothing else: %s',
    (source) => {
      expect(compileExpression(source, { secrets: false }).problem?.message).toBe(
        'A name in "`" is that of a field, after a dot: data.`content-type`.',
      );
    },
  );

  it('are named by errors, with their place', () => {
    const run = compileExpression('data.headers.`content-typ`', { secrets: false }).expression?.evaluate;
    const scope = { input_data: null, data: DATA as unknown as JsonObject, run: RUN };
    expect(() => run?.(scope)).toThrow('There is no key "content-typ". Did you mean "content-type"? (at character 14)');
    expect(compileExpression('run.`stp`', { secrets: false }).problem?.message).toContain('run has no "stp"');
    expect(compileExpression('secrets.`TOKEN`', { secrets: true }).problem?.message).toContain('secrets.NAME');
  });

  it('can hold what ends a template elsewhere', () => {
    const { template } = compileTemplate('${ data.`}` } and ${ "`" }', { secrets: false });
    expect(template.render({ input_data: null, data: { '}': 1 }, run: RUN })).toBe('1 and `');
    const { problems } = compileTemplate('${ data.`} }', { secrets: false });
    expect(problems).toMatchObject([{ message: expect.stringContaining('has no "}"') }]);
  });
});

describe('functions of text', () => {
  test.each<[string, unknown]>([
    ['"a-b-c".replace("-", "+")', 'a+b+c'],
    ['"a-b-c".replace("-", "$&", 1)', 'a$&b-c'],
    ['"a-b".replace("-", "+", 0) + "a-b".replace("-", "+", -1)', 'a-ba+b'],
    ['"aaa".replace("aa", "b")', 'ba'],
    ['"abc".replace("x", "y")', 'abc'],
    ['"a😀".replace("", "-")', '-a-😀-'],
    ['"ab".replace("", "-", 2)', '-a-b'],
    ['"".replace("", "x")', 'x'],
    ['urlEncode("a/b?c#d é😀")', 'a%2Fb%3Fc%23d%20%C3%A9%F0%9F%98%80'],
    ['urlEncode("!\'()*-._~")', '%21%27%28%29%2A-._~'],
    ['base64("user:p€ss")', 'dXNlcjpw4oKsc3M='],
    ['base64("")', ''],
    ['base64Decode(base64("\\ufeffé😀"))', '\ufeffé😀'],
    ['base64Decode("8J-YgA")', '😀'],
    ['base64Decode("8J+YgA==")', '😀'],
  ])('%s', (source, expected) => {
    expect(resultOf(source)).toBe(expected);
  });

  test.each([
    ['urlEncode(data.lone)', 'urlEncode() takes text without lone surrogates.'],
    ['base64(data.lone)', 'base64() takes text without lone surrogates.'],
    ['base64Decode("a")', 'base64Decode() takes base64, and this is none.'],
    ['base64Decode("YQ=")', 'base64Decode() takes base64, and this is none.'],
    ['base64Decode("a b=")', 'base64Decode() takes base64, and this is none.'],
    ['base64Decode("-_+/")', 'base64Decode() takes base64, and this is none.'],
    ['base64Decode("/w==")', 'These bytes are no text in UTF-8.'],
  ])('%s', (source, message) => {
    expect(errorOf(source, DATA)).toBe(message);
  });
});

describe('json() and toJson()', () => {
  test.each<[string, unknown]>([
    [
      String.raw`json('{"a": [1, "12345678901234567890 \\" 1e999", -0.5e2]}')`,
      { a: [1, '12345678901234567890 " 1e999', -50] },
    ],
    [`json("9007199254740991 ")`, 9007199254740991],
    [`json("1e20")`, 1e20],
    [`json('{"a": 1}').a`, 1],
    ['toJson({"b": [1, null, true], "a": "é\\n"})', '{"b":[1,null,true],"a":"é\\n"}'],
    ['toJson(-0.0) + toJson("x")', '0"x"'],
    ['toJson(data.lone)', '"a\\ud800"'],
    ['json(toJson(data.list)) == data.list', true],
  ])('%s', (source, expected) => {
    expect(resultOf(source, DATA)).toEqual(expected);
  });

  it('keep a key named __proto__', () => {
    const value = resultOf(`json('{"__proto__": {"x": 1}}')`);
    expect(JSON.stringify(value)).toBe('{"__proto__":{"x":1}}');
    expect(resultOf(`toJson(json('{"__proto__": 1}'))`)).toBe('{"__proto__":1}');
  });

  test.each([
    ['json("{")', 'json() takes JSON text, and this is none.'],
    ['json("")', 'json() takes JSON text, and this is none.'],
    ['json("[1234567890123456789]")', 'This JSON has a number that is too large to be kept exactly.'],
    ['json("-9007199254740993")', 'This JSON has a number that is too large to be kept exactly.'],
    ['json("[1e400]")', 'This JSON has a number that is too large to be kept exactly.'],
    ['json(data.deep)', 'This JSON has more than 100 levels of nesting.'],
  ])('%s', (source, message) => {
    expect(errorOf(source, { deep: '['.repeat(400_000) + ']'.repeat(400_000) })).toBe(message);
  });
});

describe('functions of lists', () => {
  test.each<[string, unknown]>([
    ['min(data.list) + max(data.list)', 4],
    ['data.list.min() + data.list.max()', 4],
    ['min(2, 1.5, 3)', 1.5],
    ['max("a", "\\U0001F600", "\\uFFFD")', '😀'],
    ['max([false, true])', true],
    ['sum(data.list) + sum([]) + [0.5].sum()', 7.5],
    ['sort(data.list)', [1, 1, 2, 3]],
    ['["b", "\\U0001F600", "\\uE000", "a"].sort()', ['a', 'b', '\ue000', '😀']],
    ['sort([true, false])', [false, true]],
    ['sort([10, 9, -1, 1e300])', [-1, 9, 10, 1e300]],
    ['sort([])', []],
    ['distinct([1, 1.0, "1", null, null, [1], [1], true])', [1, '1', null, [1], true]],
    ['[{"a": 1, "b": {"c": 2}}, {"b": {"c": 2}, "a": 1}, {}].distinct()', [{ a: 1, b: { c: 2 } }, {}]],
    ['range(3) + range(2, 4) + range(0) + range(5, 2)', [0, 1, 2, 2, 3]],
    ['range(-2, 1)', [-2, -1, 0]],
    ['range(3).map(i, i * i)', [0, 1, 4]],
  ])('%s', (source, expected) => {
    expect(resultOf(source, DATA)).toEqual(expected);
  });

  test.each([
    ['min([])', 'min() takes a list with at least one item.'],
    ['max([1, "a"])', 'max() takes values of one kind: numbers, strings or booleans.'],
    ['max([{}])', 'max() takes values of one kind: numbers, strings or booleans.'],
    ['min(1)', 'min() takes a list, or two values or more.'],
    ['min([1], 2)', 'min() takes a list, or two values or more.'],
    ['sort([null])', 'sort() takes values of one kind: numbers, strings or booleans.'],
    ['sum([1, "a"])', 'sum() takes a list of numbers only.'],
    ['sum([1e308, 1e308])', 'The sum is too large for a number.'],
    ['range(0.5)', 'range() takes whole numbers.'],
    ['range(0, 1e300)', 'range() takes whole numbers.'],
  ])('%s', (source, message) => {
    expect(errorOf(source)).toBe(message);
  });
});

describe('times', () => {
  test.each<[string, unknown]>([
    ['run.now', '2026-01-31T23:59:59.500Z'],
    ['addSeconds(run.now, 0.5)', '2026-02-01T00:00:00.000Z'],
    ['addSeconds("2026-03-01T00:00:00Z", -1)', '2026-02-28T23:59:59.000Z'],
    ['addSeconds("2024-02-29t12:00:00.123456z", 0.1)', '2024-02-29T12:00:00.223Z'],
    ['addSeconds("2026-01-01T00:30:00+01:00", 0)', '2025-12-31T23:30:00.000Z'],
    ['addSeconds("0000-01-01T00:00:00Z", 0)', '0000-01-01T00:00:00.000Z'],
    ['addSeconds("9999-12-31T23:59:59Z", 0.999)', '9999-12-31T23:59:59.999Z'],
  ])('%s', (source, expected) => {
    expect(resultOf(source)).toBe(expected);
  });

  test.each([
    '2026-02-30T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-01-01T24:00:00Z',
    '2026-01-01T00:00:60Z',
    '2026-01-01T00:00:00',
    '2026-01-01T00:00:00+24:00',
    '2026-01-01',
    `2026-01-01T00:00:00.${'0'.repeat(100)}Z`,
    '',
  ])('that are none: %s', (time) => {
    expect(errorOf('addSeconds(data.time, 1)', { time })).toBe(
      'addSeconds() takes a time in RFC 3339, such as "2026-01-31T08:30:00Z".',
    );
  });

  test.each(['1e300', '-1e300', '253402300800', '-62167219201'])('%s seconds lead out of the calendar', (seconds) => {
    expect(errorOf(`addSeconds("1970-01-01T00:00:00Z", ${seconds})`)).toBe('The time is outside the years 0 to 9999.');
  });
});

describe('uuid()', () => {
  const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

  it('is the same on each attempt, and another for each step, run and place', () => {
    const id = resultOf('uuid()') as string;
    expect(id).toMatch(UUID);
    expect(resultOf('uuid()', {}, { ...RUN, attempt: 2, now: 'later' })).toBe(id);
    expect(resultOf('uuid()', {}, { ...RUN, step: 4 })).not.toBe(id);
    expect(resultOf('uuid()', {}, { ...RUN, run_id: 'r2' })).not.toBe(id);
    expect(resultOf(' uuid()')).not.toBe(id);
  });

  it('is another for each item of a macro, for each place of a document, and for each case', () => {
    const ids = resultOf('range(3).map(i, uuid()) + [uuid()]') as string[];
    expect(new Set(ids).size).toBe(4);
    const { template } = compileTemplate({ a: '${uuid()}', b: ['${uuid()}'], c: 'x${uuid()}' }, { secrets: false });
    const scope = { input_data: null, data: {}, run: RUN };
    const { a, b, c } = template.render(scope) as { a: string; b: string[]; c: string };
    expect(new Set([a, b[0], c.slice(1)]).size).toBe(3);
    expect(template.render(scope)).toEqual({ a, b, c });
    const { expression } = compileExpression('uuid()', { secrets: false });
    const meter = new Meter();
    expect(expression?.evaluateWith(scope, meter)).not.toBe(expression?.evaluateWith(scope, meter));
  });

  it('takes nothing', () => {
    expect(compileExpression('uuid(1)', { secrets: false }).problem?.message).toBe(
      'uuid() has the wrong number of arguments.',
    );
  });
});

describe('limits', () => {
  const many = Array.from({ length: 10_000 }, (_, index) => index);
  const data = {
    many,
    more: [...many, 1],
    half: 'x'.repeat(600_000),
    texts: many.map(() => 'x'.repeat(1000)),
    wide: Object.fromEntries(many.map((index) => [`key${index}`, 1])),
    json: `[${'"\\u0041",'.repeat(450_000)}1]`,
    large: 'YWFh'.repeat(400_000),
    codes: 'YWFh'.repeat(100_000),
    numbers: `[${'1,'.repeat(60_000)}1]`,
  };
  const TOO_MUCH = 'This takes too much work. Make it simpler, or use a tool.';
  const TOO_LONG = 'A list of more than 10000 items is too long for an expression.';
  const TOO_BIG = 'This makes a string of more than 1048576 characters.';

  test.each([
    ['min(data.more)', TOO_LONG],
    ['sort(data.more)', TOO_LONG],
    ['sum(data.more)', TOO_LONG],
    ['distinct(data.more)', TOO_LONG],
    ['range(10001)', TOO_LONG],
    ['data.many.all(x, max(data.many) > 0)', TOO_MUCH],
    ['data.many.all(x, sum(data.many) > 0)', TOO_MUCH],
    ['data.many.all(x, size(sort(data.many)) > 0)', TOO_MUCH],
    ['data.many.all(x, size(distinct(data.many)) > 0)', TOO_MUCH],
    ['data.many.all(x, size(range(10000)) > 0)', TOO_MUCH],
    ['data.many.all(x, uuid() != addSeconds(run.now, 1) && uuid() != uuid())', TOO_MUCH],
    ['data.texts.map(x, data.texts).distinct()', TOO_MUCH],
    ['sort(data.texts) == [] || sort(data.texts.map(x, data.half)) == []', TOO_MUCH],
    ['distinct([data.wide] + range(50).map(x, data.wide))', TOO_MUCH],
    ['toJson(data.many.map(x, data.texts))', TOO_MUCH],
    ['toJson(range(100).map(x, data.wide))', TOO_MUCH],
    ['toJson([data.half, data.half])', TOO_BIG],
    ['json(data.json)', TOO_MUCH],
    ['data.many.all(x, size(json(data.numbers)) > 0)', TOO_MUCH],
    ['urlEncode(data.half.replace("x", "€", 400000))', TOO_BIG],
    ['base64(data.half + "€".replace("", data.half.substring(0, 200000)))', TOO_BIG],
    ['data.many.all(x, base64(data.half) != "")', TOO_MUCH],
    ['data.many.all(x, base64Decode(data.codes) != "")', TOO_MUCH],
    ['base64Decode(data.large)', TOO_BIG],
    ['data.many.all(x, urlEncode(data.half) != "")', TOO_MUCH],
    ['data.half.replace("x", "xxx")', TOO_BIG],
    ['data.half.replace("", "y")', TOO_BIG],
    ['data.many.all(x, data.half.replace("x", "") == "")', TOO_MUCH],
  ])('%s', (source, message) => {
    expect(errorOf(source, data)).toBe(message);
  });
});

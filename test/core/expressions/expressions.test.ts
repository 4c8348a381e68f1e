import { Environment } from '@marcbachmann/cel-js';
import { describe, expect, test, vi } from 'vitest';
import { copyJson, type JsonObject } from '../../../src/core/base/json.js';
import { compileAst } from '../../../src/core/expressions/compiler.js';
import {
  compileExpression,
  type Expression,
  ExpressionError,
  evaluateBoolean,
  evaluateList,
  type Scope,
} from '../../../src/core/expressions/expressions.js';

const SCOPE: Scope = {
  input_data: { topic: 'graphs', constructor: 5, null_value: null },
  data: copyJson({
    score: 7,
    name: 'Ada',
    done: true,
    items: [1, 2, 3],
    files: [
      { path: 'a.ts', size: 10 },
      { path: 'b.ts', size: 20 },
    ],
    text: 'héllo😀x,y',
    map: { a: 1, list: [1, { z: 2 }] },
    same_map: { list: [1, { z: 2 }], a: 1 },
    mixed: [1, 'a', null, true, { k: [] }],
    long: 'x'.repeat(300),
    empty: {},
  }) as JsonObject,
  run: { run_id: 'r1', graph_id: 'g', step: 3, attempt: 1, index: 1, item: { id: 9 } },
  secrets: { TOKEN: 'hunter2' },
};

function compiled(source: string): Expression {
  const { expression, problem } = compileExpression(source, { secrets: true });
  if (problem !== undefined) throw new Error(`${source}: ${problem.message}`);
  return expression;
}

const resultOf = (source: string, scope = SCOPE) => compiled(source).evaluate(scope).value;
const readsOf = (source: string) => compiled(source).evaluate(SCOPE).reads;
const problemOf = (source: string, options: { secrets: boolean; result?: 'boolean' | 'list' } = { secrets: false }) =>
  compileExpression(source, options).problem;

function errorOf(source: string, scope = SCOPE): string {
  try {
    resultOf(source, scope);
  } catch (thrown) {
    if (thrown instanceof ExpressionError) return thrown.message;
    throw thrown;
  }
  return 'no error';
}

test.each<[string, unknown]>([
  // Numbers are JSON numbers, however they are written.
  ['data.score + 1', 8],
  ['1 + data.score', 8],
  ['data.score - 0.5', 6.5],
  ['2 * data.score / 4', 3.5],
  ['data.score % 4', 3],
  ['-data.score', -7],
  ['0 * -1', 0],
  ['data.score < 10 && 10 > data.score && data.score <= 7 && 7 >= data.score', true],
  ['7 == data.score && data.score == 7.0 && data.score != 8', true],
  ['true ? 1 : 0.5', 1],
  ['0x10 + 1', 17],
  ['"a" < "b" && false < true', true],
  // Paths.
  ['data.items[run.index]', 2],
  ['data["items"][0]', 1],
  ['data.files[run.index].path', 'b.ts'],
  ['run.item.id', 9],
  ['input_data.constructor', 5],
  ['input_data.null_value', null],
  ['{"a": {"b": 2}}.a.b', 2],
  ['[[1, 2], [3]][0][1]', 2],
  // Lists, maps, strings.
  ['data.items + [5]', [1, 2, 3, 5]],
  ['"n: " + data.name', 'n: Ada'],
  ['data.items == [1, 2, 3] && data.items != [1, 2]', true],
  ['data.map == data.same_map', true],
  ['data.map == {"a": 1}', false],
  ['data.map == {"a": 1, "lisp": 2}', false],
  ['data.map == data.items || data.name == 1 || data.name == "Adb" || data.name == "A"', false],
  ['data.name == "Ada"', true],
  ['data.mixed == [1, "a", null, true, {"k": []}]', true],
  ['3 in data.items && !(4 in data.items) && {"k": []} in data.mixed', true],
  ['"a" in data.map && !("b" in data.map)', true],
  ['[1, "a", null, {"x": [true]}]', [1, 'a', null, { x: [true] }]],
  ['{}', {}],
  // Logic goes from left to right and stops.
  ['true || data.missing', true],
  ['false && data.missing', false],
  ['!data.done', false],
  // Macros.
  ['data.items.all(x, x > 0)', true],
  ['data.items.all(x, x > 1)', false],
  ['data.items.exists(x, x == 2)', true],
  ['data.items.exists(x, x == 5)', false],
  ['data.items.exists_one(x, x > 1)', false],
  ['data.items.exists_one(x, x > 2)', true],
  ['data.items.filter(x, x != 2)', [1, 3]],
  ['data.items.map(x, x * 2)', [2, 4, 6]],
  ['data.items.map(x, x > 1, {"v": x})', [{ v: 2 }, { v: 3 }]],
  ['data.map.map(k, k)', ['a', 'list']],
  ['data.files.filter(f, f.size > 10).map(f, f.path)', ['b.ts']],
  ['data.files.map(f, data.items[f.size - 10 == 0 ? 0 : 1])', [1, 2]],
  ['data.files.all(f, has(f.size) && f.size > 1)', true],
  ['[].all(x, x)', true],
  // Presence.
  ['has(data.score)', true],
  ['has(data.nothing)', false],
  ['has(input_data.null_value)', true],
  ['has(data.map.list)', true],
  ['has(data.?nothing.x)', false],
  ['has(data.?map.a)', true],
  ['data.?nothing.x.orValue(4)', 4],
  ['data.?map.a.orValue(4)', 1],
  ['data.items[?7].orValue("none")', 'none'],
  ['data.items[?0].value()', 1],
  ['data.?name.first.orValue(null)', null],
  ['data.?nothing.hasValue()', false],
  ['data.?nothing.or(data.?score).value()', 7],
  ['data.?score.or(data.?name).value()', 7],
  // Functions.
  ['size(data.items) + data.items.size() + size(data.map) + size("")', 8],
  ['size(data.text)', 9],
  ['string(1.5) + string(true) + string("s") + string(10)', '1.5trues10'],
  ['int(7.9) + int("-3")', 4],
  ['double("1.5e3") + double(2)', 1502],
  ['bool("true") && bool(true) && !bool("f")', true],
  ['data.name.startsWith("A") && data.name.endsWith("a") && data.name.contains("d")', true],
  ['"ÄbC".lowerAscii() + "äb".upperAscii() + " x ".trim()', 'ÄbcäBx'],
  ['data.text.indexOf("x")', 6],
  ['data.text.indexOf("l", 3)', 3],
  ['data.text.indexOf("q")', -1],
  ['data.text.lastIndexOf("l")', 3],
  ['data.text.lastIndexOf("l", 2)', 2],
  ['data.text.lastIndexOf("q")', -1],
  ['data.text.substring(6)', 'x,y'],
  ['data.text.substring(5, 6)', '😀'],
  ['data.text.split(",")', ['héllo😀x', 'y']],
  ['"a-b-c".split("-", 2)', ['a', 'b-c']],
  ['"a-b".split("-", 5) + "a-b".split("-", -1) + "a".split("-", 0)', ['a', 'b', 'a', 'b']],
  ['"a😀".split("")', ['a', '😀']],
  ['["a", "b"].join() + ["a", "b"].join("-") + [].join("-")', 'aba-b'],
  ['secrets.TOKEN', 'hunter2'],
  ['"Bearer " + secrets.TOKEN + "!"', 'Bearer hunter2!'],
  ['{"a": [secrets.TOKEN]}.a[size(data.text) - size(data.text)]', 'hunter2'],
  ['data.done ? secrets.TOKEN : "none"', 'hunter2'],
  ['[secrets.TOKEN, data.text.substring(0, 1)]', ['hunter2', 'h']],
  ['// a comment\n1', 1],
])('%s', (source, expected) => {
  expect(resultOf(source)).toEqual(expected);
});

describe('what has no value is an error', () => {
  test.each([
    ['data.scor', 'There is no key "scor". Did you mean "score"? (at character 6)'],
    ['data.zz', 'There is no key "zz". (at character 6)'],
    ['data["scor"]', 'There is no key "scor". (at character 1)'],
    ['data.toString', 'There is no key "toString". (at character 6)'],
    ['data.__proto__', 'There is no key "__proto__". (at character 6)'],
    ['data.items[3]', 'The list has no item 3: it has 3. (at character 1)'],
    ['data.items[-1]', 'The list has no item -1: it has 3. (at character 1)'],
    ['data.items[0.5]', 'The list has no item 0.5: it has 3. (at character 1)'],
    ['data.items.length', 'There is no key "length" in a list. (at character 12)'],
    ['data.map[1]', 'Keys of a map are strings. Use string(...). (at character 1)'],
    ['data.name.first', 'There is no key "first" in a string. (at character 11)'],
    ['has(data.name.first)', 'There is no key "first" in a string. (at character 15)'],
    ['has(data.nothing.x)', 'There is no key "nothing". (at character 10)'],
    ['data.nothing > 1 || true', 'There is no key "nothing". (at character 6)'],
    ['data.items.exists(x, x.y || true)', 'There is no key "y" in a number. (at character 24)'],
    ['data.name > 1', '">" takes two values of one kind, not a string and a number. (at character 1)'],
    ['data.name - 1', '"-" takes a number, not a string. (at character 1)'],
    ['data.score + data.mixed[2]', '"+" takes two values of one kind, not a number and null. (at character 1)'],
    ['1 in data.score', '"in" looks for a value in a list or for a key in a map, not in a number. (at character 1)'],
    ['data.name && true', '"&&" takes a boolean, not a string. (at character 6)'],
    ['data.name ? 1 : 2', '"? :" takes a boolean, not a string. (at character 6)'],
    ['data.items.filter(x, x)', 'filter() takes a boolean, not a number. (at character 22)'],
    ['data.score.all(x, true)', 'all() takes a list or a map, not a number. (at character 1)'],
    ['{data.name: 1, "Ada": 2}', 'The map has this key already. (at character 16)'],
    ['1 / (data.score - 7)', 'Division by zero. (at character 1)'],
    ['1 % (data.score - 7)', 'Division by zero. (at character 1)'],
    ['1e308 * data.score', 'The result is too large for a number. (at character 1)'],
    ['int("1.5")', 'int() takes a number, or a string of digits, of at most 53 bits. (at character 1)'],
    ['int(1e300)', 'int() takes a number, or a string of digits, of at most 53 bits. (at character 1)'],
    ['double("inf")', 'double() takes a number, or a string that is one. (at character 1)'],
    ['bool("perhaps")', 'bool() takes a boolean, or a string such as "true" or "false". (at character 1)'],
    ['data.text.substring(99)', 'The position is outside the string. (at character 1)'],
    ['data.text.substring(-1)', 'The position is outside the string. (at character 1)'],
    ['data.text.substring(3, 2)', 'The end is before the start. (at character 1)'],
    ['[1].join()', 'join() takes a list of strings only. (at character 1)'],
    ['data.?nothing.value()', 'The optional value is not there. (at character 1)'],
    ['(data.done ? data.?score : 1) == 1', 'The value is optional. Add .orValue(...) to it. (at character 2)'],
    ['data.done ? data.?score : 1', 'The result is optional. Add .orValue(...) to it.'],
  ])('%s', (source, message) => {
    expect(errorOf(source)).toBe(message);
  });

  test('a secret that is not set', () => {
    expect(errorOf('secrets.OTHER')).toBe('The secret OTHER is not set. (at character 1)');
    const { secrets: _, ...without } = SCOPE;
    expect(errorOf('secrets.TOKEN', without)).toBe('The secret TOKEN is not set. (at character 1)');
  });
});

describe('what can be known to be wrong is told at once', () => {
  test.each<[string, string, number?, string?]>([
    ['dta.x', 'There is no "dta". Expressions know input_data, data, run.', 1, 'Did you mean "data"?'],
    ['1 + zzzzzzzz', 'There is no "zzzzzzzz". Expressions know input_data, data, run.', 5],
    ['optional.none()', 'There is no method "none".', 1],
    ['int == 1', 'There is no "int". Expressions know input_data, data, run.', 1],
    ['1 + null', '"+" takes a number or a string or a list, not null.', 1],
    [
      'run.indx',
      'run has no "indx". It has run_id, graph_id, step, attempt, now, item, index.',
      5,
      'Did you mean "index"?',
    ],
    [
      'data.x.matches("a")',
      'Regular expressions are not available: some take years. Use contains, startsWith, endsWith, indexOf or split.',
      1,
    ],
    ['timestamp("2026-01-01T00:00:00Z")', 'Times are strings here: those in RFC 3339 and UTC compare in order.', 1],
    ['cel.bind(x, 1, x)', 'cel.bind is not available.', 1],
    ['siz(data.x)', 'There is no function "siz".', 1, 'Did you mean "size"?'],
    ['contains(data.x, "a")', 'There is no function "contains".', 1, 'Write x.contains(...).'],
    ['data.x.string()', 'There is no method "string".', 1, 'Write string(x).'],
    ['data.x.exist(y, true)', 'There is no method "exist".', 1, 'Did you mean "exists"?'],
    ['size()', 'size() has the wrong number of arguments.', 1],
    ['size(1)', 'size() takes a string or a list or a map, not a number.', 6],
    ['data.x.substring(1, 2, 3)', 'substring() has the wrong number of arguments.', 1],
    [
      'data.x.all(y, data.z.exists(w, w == y))',
      'exists() cannot stand inside another macro. Use a tool for loops in loops.',
      15,
    ],
    ['data.x.all(y)', 'all() takes a variable and what to do with it: all(x, ...).', 1],
    ['data.x.map(data, 1)', 'Name the variable otherwise: "data" is taken.', 12],
    ['data.x.all(y, 1)', 'all() takes a boolean, not a number.', 15],
    ['"a" - 1', '"-" takes a number, not a string.', 1],
    ['1 + "a"', '"+" takes two values of one kind, not a number and a string.', 1],
    ['-"a"', '"-" takes a number, not a string.', 1],
    ['!1', '"!" takes a boolean, not a number.', 1],
    [
      '1 < data.?x',
      '"<" takes a number or a string or a boolean, not an optional value.',
      1,
      'Add .orValue(...) to it.',
    ],
    ['[data.?x]', 'A list takes a value, not an optional value.', 8, 'Add .orValue(...) to it.'],
    ['{1: 2}', 'The key of a map takes a string, not a number.', 2],
    ['"abc".x', 'There is nothing to look for in a string.', 7],
    ['data.?x', 'The result is optional. Add .orValue(...) to it.'],
    ['has(data)', 'has() takes a path such as data.review.score.', 1],
    ['has(data["x"])', 'has() takes a path such as data.review.score.', 1],
    ['9007199254740993', 'Whole numbers have at most 53 bits here, as in JSON.', 1],
    ['1u', 'Write numbers without "u" and strings without "b": JSON has neither.', 1],
    ['b"x"', 'Write numbers without "u" and strings without "b": JSON has neither.', 1],
    ['secrets.TOKEN', 'Secrets cannot be used here.', 1],
    ['1 +', 'Unexpected token: the end.', 4],
    ['', 'Unexpected token: the end.', 1],
    ['[1, 2', 'Expected "]", got the end.', 6],
    ['data.x = 1', 'Unexpected character: =.', 8, 'Write "==" to compare.'],
    ['x'.repeat(5000), 'The expression has more than 4096 characters.'],
    [`${'1+'.repeat(600)}1`, 'The expression is too large.', 1],
    [`${'('.repeat(60)}1${')'.repeat(60)}`, 'The expression is too large.', 51],
  ])('%s', (source, message, position, hint) => {
    const expected = { message, ...(position && { position }), ...(hint && { hint }) };
    expect(problemOf(source)).toEqual(expected);
  });

  test.each(['secrets', 'secrets["TOKEN"]', 'secrets.token', 'secrets.?TOKEN'])('%s', (source) => {
    const message = 'Secrets are used as secrets.NAME, in capital letters, digits and "_".';
    expect(problemOf(source, { secrets: true })).toMatchObject({ message });
  });

  test.each([
    'secrets.TOKEN.size()',
    'secrets.TOKEN.substring(1)',
    '("x" + secrets.TOKEN).split("")',
    'string(secrets.TOKEN)',
    'int(secrets.TOKEN)',
    'secrets.TOKEN == "a"',
    'secrets.TOKEN < "m"',
    '"h" in [secrets.TOKEN]',
    'secrets.TOKEN == "a" ? 1 : 2',
    'data[secrets.TOKEN]',
    'data[?secrets.TOKEN].orValue(1)',
    '[1].map(x, secrets.TOKEN)',
    '["", secrets.TOKEN].join("-")',
    '"x".indexOf(secrets.TOKEN)',
    '[secrets.TOKEN.size()]',
    '{"a": {secrets.TOKEN + "b": secrets.TOKEN.split("")}}',
    '!(true && secrets.TOKEN == "x")',
    '"a" + (data.done ? secrets.TOKEN : secrets.TOKEN.substring(1))',
  ])('that a secret is changed or compared: %s', (source) => {
    expect(problemOf(source, { secrets: true })).toMatchObject({
      message: 'A secret is used as it is: it cannot be changed or compared.',
      position: expect.any(Number),
    });
  });

  test('a presence of secrets', () => {
    expect(problemOf('has(secrets.TOKEN.x)', { secrets: true })?.message).toContain('nothing to look for');
    expect(problemOf('has(secrets.TOKEN)', { secrets: true })?.message).toBe('has() cannot ask for a secret.');
  });

  test('a result of the wrong kind', () => {
    const message = 'This must be a boolean, and is always a number.';
    expect(problemOf('1 - 1', { secrets: false, result: 'boolean' })).toEqual({ message });
    expect(problemOf('1 < 2', { secrets: false, result: 'boolean' })).toBeUndefined();
    expect(problemOf('data.x', { secrets: false, result: 'list' })).toBeUndefined();
  });

  test('a misspelt root among macro variables and secrets', () => {
    expect(problemOf('data.x.all(file, fil.a)')).toMatchObject({ hint: 'Did you mean "file"?' });
    expect(problemOf('secret.A', { secrets: true })).toMatchObject({ hint: 'Did you mean "secrets"?' });
  });
});

describe('reads', () => {
  test('name the paths that were looked at, with scalars in full', () => {
    expect(readsOf('data.files[run.index].size > data.score && has(data.nothing)')).toEqual([
      { path: 'run.index', value: 1 },
      { path: 'data.files[1].size', value: 20 },
      { path: 'data.score', value: 7 },
      { path: 'data.nothing', value: null },
    ]);
    expect(readsOf('data["name"] + data.long')).toEqual([
      { path: 'data.name', value: 'Ada' },
      { path: 'data.long', type: 'string', size: 300 },
    ]);
    expect(readsOf('data.items.all(x, x > 0) && data.?map.a.hasValue()')).toEqual([
      { path: 'data.items', type: 'list', size: 3 },
      { path: 'data.map.a', value: 1 },
    ]);
  });

  test('only what was reached', () => {
    expect(readsOf('data.done || data.name == ""').map(({ path }) => path)).toEqual(['data.done']);
  });

  test('at most 50, however long the lists', () => {
    const data = { list: Array.from({ length: 1000 }, (_, index) => index) };
    const { reads } = compiled('data.list.map(i, data.list[i])').evaluate({ ...SCOPE, data });
    expect(reads).toHaveLength(50);
  });

  test('never hold secrets, not even as keys', () => {
    const scope = { ...SCOPE, data: { hunter2: 1 } };
    const { reads } = compiled('[secrets.TOKEN, data["hunter" + "2"], data.hunter2]').evaluate(scope);
    expect(reads).toEqual([
      { path: 'data[...]', value: 1 },
      { path: 'data.hunter2', value: 1 },
    ]);
    expect(errorOf('[secrets.TOKEN, data["zz"]]')).toBe('There is no such key. (at character 17)');
  });
});

describe('limits', () => {
  const many = Array.from({ length: 10_000 }, (_, index) => index);
  const scope: Scope = {
    ...SCOPE,
    data: copyJson({
      many,
      more: [...many, 1],
      strings: many.map(() => 'abcdefghij'.repeat(11)),
      half_mib: 'x'.repeat(600_000),
      hostile: 'a'.repeat(1_000_000),
      needle: `${'a'.repeat(5000)}b${'a'.repeat(5000)}`,
      deep: JSON.parse('['.repeat(97) + ']'.repeat(97)),
      wide: Object.fromEntries(many.map((index) => [`k${index}`, index])),
      wider: Object.fromEntries([...many, 'x'].map((index) => [`k${index}`, 1])),
    }) as JsonObject,
  };
  const TOO_MUCH = 'This takes too much work. Make it simpler, or use a tool.';
  const TOO_LONG = 'A list of more than 10000 items is too long for an expression.';
  const TOO_BIG = 'The result is larger than 1048576 bytes of JSON.';

  test.each([
    ['data.more.all(x, true)', TOO_LONG],
    ['data.wider.all(x, true)', TOO_LONG],
    ['data.many + [1]', TOO_LONG],
    ['data.more.map(x, x)', TOO_LONG],
    ['data.hostile.split("a")', TOO_LONG],
    ['data.hostile.split("")', TOO_LONG],
    ['data.many.all(x, !(-1 in data.many))', TOO_MUCH],
    ['data.many.all(x, data.many == data.many + [])', TOO_MUCH],
    ['data.many.all(x, size(data.many + []) > 0)', TOO_MUCH],
    ['data.many.all(x, size(data.wide) > 0)', TOO_MUCH],
    ['data.many.all(x, data.half_mib + "x" != "")', TOO_MUCH],
    ['data.many.all(x, data.half_mib < "z")', TOO_MUCH],
    ['data.many.all(x, data.half_mib.upperAscii() != "")', TOO_MUCH],
    ['data.many.all(x, size(data.half_mib) > 1)', TOO_MUCH],
    ['data.many.all(x, data.half_mib.startsWith(data.half_mib))', TOO_MUCH],
    ['data.many.map(x, data.half_mib.split("y"))', TOO_MUCH],
    ['data.hostile.contains(data.needle)', TOO_MUCH],
    ['data.hostile.lastIndexOf(data.needle)', TOO_MUCH],
    ['data.half_mib + data.half_mib', 'This makes a string of more than 1048576 characters.'],
    ['data.strings.join("")', 'This makes a string of more than 1048576 characters.'],
    ['data.many.map(x, data.many)', TOO_BIG],
    ['data.many.map(x, data.wide)', TOO_BIG],
    ['[data.half_mib, data.half_mib]', TOO_BIG],
    ['[[[[data.deep]]]]', 'The result has more than 100 levels of nesting.'],
  ])('%s', (source, message) => {
    expect(errorOf(source, scope).replace(/ \(at .*/, '')).toBe(message);
    // Generous: what is refused takes a tenth of a second, and machines differ.
  });

  test('work that is large, but not too large, is done', () => {
    expect(resultOf('data.many.filter(x, x % 2 == 0 && x > 9990)', scope)).toEqual([9992, 9994, 9996, 9998]);
    expect(resultOf('size(data.more) + size(data.hostile)', scope)).toBe(1_010_001);
  });
});

describe('helpers', () => {
  test('a condition is exactly true or false', () => {
    expect(evaluateBoolean(compiled('data.score < 10'), SCOPE)).toEqual({
      value: true,
      reads: [{ path: 'data.score', value: 7 }],
    });
    expect(() => evaluateBoolean(compiled('data.score'), SCOPE)).toThrow(
      'A condition must be true or false, not a number.',
    );
  });

  test('items are a list of at most 10,000', () => {
    expect(evaluateList(compiled('data.items'), SCOPE).value).toEqual([1, 2, 3]);
    expect(() => evaluateList(compiled('data.map'), SCOPE)).toThrow('This must be a list, not a map.');
    const data = { list: Array.from({ length: 10_001 }, () => 1) };
    expect(() => evaluateList(compiled('data.list'), { ...SCOPE, data })).toThrow(
      'The list has more than 10000 items.',
    );
  });

  test('secret names and the type are known before the run', () => {
    expect(compiled('secrets.B + secrets.A + secrets.B')).toMatchObject({ secretNames: ['A', 'B'], type: 'string' });
    expect(compiled('data.x').type).toBe('any');
  });

  test('results are frozen copies', () => {
    const scope = { ...SCOPE, data: { list: [{ a: 1 }] } };
    const value = resultOf('data.list', scope) as object[];
    expect(value).toEqual([{ a: 1 }]);
    expect(Object.isFrozen(value) && Object.isFrozen(value[0])).toBe(true);
    expect(value).not.toBe(scope.data.list);
  });

  test('keys named __proto__ are data', () => {
    const data = JSON.parse('{"__proto__": {"x": 1}}');
    expect(resultOf('data.__proto__.x', { ...SCOPE, data })).toBe(1);
    expect(JSON.stringify(resultOf('{"__proto__": data, "constructor": 1}', { ...SCOPE, data }))).toBe(
      '{"__proto__":{"__proto__":{"x":1}},"constructor":1}',
    );
  });
});

describe('the library underneath', () => {
  test('may fail in a way of its own: the expression is refused', () => {
    vi.spyOn(Environment.prototype, 'parse').mockImplementationOnce(() => {
      throw new RangeError('Maximum call stack size exceeded');
    });
    expect(problemOf('1')).toEqual({ message: 'The expression cannot be read.' });
    expect(problemOf(5 as never)).toEqual({ message: 'Expression must be a string.', position: 1 });
  });

  test('may learn new operators: they are refused', () => {
    const node = { op: '**', args: [], pos: 0 } as never;
    expect(() => compileAst(node, { parts: 0 } as never)).toThrow('"**" is not available. (at character 1)');
  });

  test('a mistake of ours is not taken for one of the author', () => {
    vi.spyOn(Environment.prototype, 'parse').mockImplementationOnce(() => ({ ast: undefined }) as never);
    expect(() => problemOf('1')).toThrow(TypeError);
  });
});

describe('expressions that choose by an error', () => {
  const options = { secrets: false, error: true };
  const scope = {
    input_data: null,
    data: { list: [{ code: 'busy' }] },
    run: { run_id: 'r', graph_id: 'g', step: 1, attempt: 2 },
    error: { code: 'busy', message: 'Later.', attempt: 2 },
  };
  const resultOf = (source: string) => compileExpression(source, options).expression?.evaluate(scope);

  test('read it, and the state', () => {
    expect(resultOf('error.code == data.list[0].code && error.attempt == run.attempt')).toEqual({
      value: true,
      reads: expect.arrayContaining([{ path: 'error.code', value: 'busy' }]),
    });
    expect(resultOf('has(error.details) || error.?details.?status.orValue(0) == 0')?.value).toBe(true);
    expect(() => resultOf('error.details.status')).toThrow('There is no key "details".');
  });

  test('know its fields, and are told apart from others', () => {
    const problemOf = (source: string, error: boolean) =>
      compileExpression(source, { secrets: false, error }).problem?.message;
    expect(problemOf('error.details', true)).toBeUndefined();
    expect(problemOf('error.mesage', true)).toBe('error has no "mesage". It has code, message, details, attempt.');
    expect(problemOf('eror', true)).toBe('There is no "eror". Expressions know error, input_data, data, run.');
    expect(problemOf('error.code', false)).toBe('There is no "error". Expressions know input_data, data, run.');
  });

  test('leave the name to items of macros elsewhere', () => {
    const source = 'data.list.map(error, error.code)';
    const { expression } = compileExpression(source, { secrets: false });
    expect(expression?.evaluate(scope).value).toEqual(['busy']);
    expect(compileExpression(source, options).problem?.message).toBe('Name the variable otherwise: "error" is taken.');
  });
});

// biome-ignore-all lint/suspicious/noTemplateCurlyInString: templates are what these tests are about.
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { type Json, type JsonObject, MAX_JSON_DEPTH } from '../../../src/core/base/json.js';
import { ExpressionError, type Scope } from '../../../src/core/expressions/expressions.js';
import { createTouchCheck } from '../../../src/core/expressions/templates.js';
import { compileTemplate } from '../../helpers/all-steps.js';

const SCOPE: Scope = {
  input_data: 'in',
  data: {
    n: 3,
    s: 'text',
    list: [1, { a: null }],
    nothing: null,
    half_mib: 'x'.repeat(600_000),
    items: numbers(10_000),
  },
  run: { step: 1 },
  secrets: { KEY: 'hunter2' },
};

function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

function compiled(value: Json) {
  const { template, problems } = compileTemplate(value, { secrets: true });
  expect(problems).toEqual([]);
  return template;
}

const render = (value: Json, scope = SCOPE) => compiled(value).render(scope);

/** What a call returns, or what it throws. */
function endOf(call: () => unknown): { value: unknown } | { thrown: unknown } {
  try {
    return { value: call() };
  } catch (thrown) {
    return { thrown };
  }
}

function errorOf(value: Json): ExpressionError {
  try {
    render(value);
  } catch (thrown) {
    if (thrown instanceof ExpressionError) return thrown;
    throw thrown;
  }
  throw new Error('no error');
}

test.each<[Json, Json]>([
  // One expression keeps its type.
  ['${data.n}', 3],
  ['${ data.list }', [1, { a: null }]],
  ['${data.nothing}', null],
  ['${\n data.n\n + 1 // more\n}', 4],
  // Text around it makes text.
  ['n is ${data.n}', 'n is 3'],
  ['${data.n} ', '3 '],
  ['${data.n}${data.s}', '3text'],
  ['${data.nothing}, ${true}, ${data.list}, ${{}}', 'null, true, [1,{"a":null}], {}'],
  ['Bearer ${secrets.KEY}', 'Bearer hunter2'],
  // Braces and quotes inside do not end it.
  ["${ {'a': 1}.a }", 1],
  ["${ '}' }", '}'],
  ['${ "}" + \'}\' }', '}}'],
  ['${ "\\"}" }', '"}'],
  ['${ """}"}""" + \'\'\'}\'}\'\'\' }', '}"}}\'}'],
  ["${ r'a}' }", 'a}'],
  ['${ 1 // } not here\n }', 1],
  ["${ '${nested}' }", '${nested}'],
  ['${ {"a": {"b": [1]}} }', { a: { b: [1] } }],
  // Escapes, and what only looks like one.
  ['$${data.n}', '${data.n}'],
  ['$$${data.n}', '$${data.n}'],
  ['a $${ b ${data.n}', 'a ${ b 3'],
  ['${data.n} $${ ${data.n}', '3 ${ 3'],
  ['$', '$'],
  ['$ {x} $$ }{ $x', '$ {x} $$ }{ $x'],
  ['', ''],
  // Keys are never templates; structure is kept.
  [
    { '${data.n}': ['${data.n}', 1, null, { deep: 'a${data.n}' }], plain: true },
    { '${data.n}': [3, 1, null, { deep: 'a3' }], plain: true },
  ],
  [
    { a: '${data.nothing}', b: ['${null}'] },
    { a: null, b: [null] },
  ],
  [[], []],
  [5, 5],
])('%j', (value, expected) => {
  expect(render(value)).toEqual(expected);
});

describe('what is known before a run', () => {
  test('where expressions stand, and the secrets they name', () => {
    const template = compiled({
      a: '${data.n}',
      b: ['x', 'a ${secrets.B} ${secrets.A}'],
      'c/d': { 'e~f': '${1}' },
      g: '$${',
    });
    expect(template).toMatchObject({
      isStatic: false,
      dynamicPointers: ['/a', '/b/1', '/c~1d/e~0f'],
      secretNames: ['A', 'B'],
      preview: { a: '${data.n}', b: ['x', 'a ${secrets.B} ${secrets.A}'], 'c/d': { 'e~f': '${1}' }, g: '${' },
    });
    expect(Object.isFrozen(template.preview)).toBe(true);
  });

  test('a document without expressions is static', () => {
    const template = compiled({ a: ['$${x}', 1] });
    expect(template).toMatchObject({ isStatic: true, dynamicPointers: [], secretNames: [] });
    expect(template.render(SCOPE)).toEqual({ a: ['${x}', 1] });
  });

  test('what cannot be compiled, with its place', () => {
    const value = {
      a: '${data.n',
      b: { c: 'x ${ dta.n } ${data.n}' },
      d: '${secrets.KEY}',
      e: '${}',
      f: `\${${'1'.repeat(5000)}}`,
    };
    expect(compileTemplate(value, { secrets: false }).problems).toEqual([
      {
        pointer: '/a',
        code: 'invalid_expression',
        message: 'This "${" has no "}" that ends it. Write "$${" for a literal "${". (at character 1)',
      },
      {
        pointer: '/b/c',
        code: 'invalid_expression',
        message: 'There is no "dta". Expressions know input_data, data, run. (at character 6)',
        hint: 'Did you mean "data"?',
      },
      { pointer: '/d', code: 'invalid_expression', message: 'Secrets cannot be used here. (at character 3)' },
      { pointer: '/e', code: 'invalid_expression', message: 'Unexpected token: the end. (at character 3)' },
      {
        pointer: '/f',
        code: 'invalid_expression',
        message: 'The expression has more than 4096 characters. (at character 3)',
      },
    ]);
  });

  test.each([`'\${ "}'`, '${ // }', '${ {', "${ '''}'' }", '${ "\\'])('%s never ends', (text) => {
    expect(compileTemplate(text, { secrets: false }).problems).toHaveLength(1);
  });

  test('with problems it cannot be rendered, so that no tool gets something else than was meant', () => {
    const { template } = compileTemplate({ a: 'x${dta}' }, { secrets: false });
    expect(() => template.render(SCOPE)).toThrow('There is no "dta".');
    expect(() => template.render(SCOPE)).toThrow('(at character 4 in /a)');
    const many = compileTemplate(
      numbers(501).map(() => '${1}'),
      { secrets: false },
    );
    expect(() => many.template.render(SCOPE)).toThrow('more than 500 expressions');
  });

  test('too many expressions, or too much of them, are one problem', () => {
    const message = 'There are more than 500 expressions here, or 65536 characters of them.';
    const many = compileTemplate(
      numbers(502).map(() => '${1}'),
      { secrets: false },
    );
    expect(many.problems).toEqual([{ pointer: '/500', code: 'invalid_expression', message }]);
    const long = compileTemplate(
      numbers(20).map(() => `\${'${'x'.repeat(4000)}'}`),
      { secrets: false },
    );
    expect(long.problems).toEqual([{ pointer: '/16', code: 'invalid_expression', message }]);
  });
});

describe('errors at run time', () => {
  test('name the string and the character', () => {
    const error = errorOf({ a: { 'b/c': 'x ${data.m}' } });
    expect(error.message).toBe('There is no key "m". (at character 10 in /a/b~1c)');
    expect(error).toMatchObject({ reason: 'There is no key "m".', position: 10, pointer: '/a/b~1c' });
  });

  test('the whole is at most 1 MiB, however many expressions make it', () => {
    expect(errorOf(['${data.half_mib}', '${data.half_mib}'])).toMatchObject({
      reason: 'The result is larger than 1048576 bytes of JSON.',
      pointer: '/1',
    });
    expect(errorOf(['x'.repeat(1_048_570), '${data.n}']).reason).toContain('larger than');
    expect(render(['${data.half_mib}', 'x'])).toHaveLength(2);
  });

  test('the work of all expressions together is bounded', () => {
    const one = '${data.items.all(x, x >= 0)}';
    expect(render(one)).toBe(true);
    expect(errorOf(numbers(50).map(() => one)).reason).toContain('too much work');
  });

  test('mistakes of ours stay what they are', () => {
    const scope = { ...SCOPE };
    Object.defineProperty(scope, 'data', {
      get: () => {
        throw new TypeError('ours');
      },
    });
    expect(() => render('${data.n}', scope)).toThrow(TypeError);
  });
});

test('rendered documents are frozen, and the source is left alone', () => {
  const value = { list: ['${data.list}', { a: 'b' }] };
  const rendered = render(value) as { list: object[] };
  expect([rendered, rendered.list, ...rendered.list].every(Object.isFrozen)).toBe(true);
  expect(Object.isFrozen(value) || Object.isFrozen(value.list)).toBe(false);
});

test.each<[string, boolean]>([
  ['/a/b', true],
  ['/a/b/c', true],
  ['/a', true],
  ['', true],
  ['/a/bc', false],
  ['/a/c', false],
  ['/c', false],
])('a finding at %s is touched by a template at /a/b: %s', (pointer, expected) => {
  expect(createTouchCheck(['/a/b'])(pointer)).toBe(expected);
  expect(createTouchCheck([])(pointer)).toBe(false);
  expect(createTouchCheck([''])(pointer)).toBe(true);
});

describe('properties', () => {
  const key = fc.oneof(fc.string(), fc.constantFrom('__proto__', 'constructor', '${data.n}'));
  const text = fc.oneof(
    fc.string(),
    fc
      .array(
        fc.constantFrom(
          ...['$', '{', '}', '${', '$${', 'data.n', '"', "'", '\\', '//', '\n', ' ', 'a'],
          '${data.none}',
        ),
        {
          maxLength: 12,
        },
      )
      .map((parts) => parts.join('')),
  );
  const documents = (strings: fc.Arbitrary<string>) =>
    fc.letrec((tie) => ({
      value: fc.oneof(
        { depthSize: 'small' },
        strings,
        fc.constantFrom(null, true, 1.5),
        fc.array(tie('value'), { maxLength: 4 }),
        fc.dictionary(key, tie('value'), { maxKeys: 4 }),
      ),
    })).value as fc.Arbitrary<Json>;

  test('a document without "${" is itself', () => {
    fc.assert(
      fc.property(documents(text.filter((string) => !string.includes('${'))), (value) => {
        const template = compiled(value);
        expect(template.isStatic).toBe(true);
        expect(JSON.stringify(template.render(SCOPE))).toBe(JSON.stringify(value));
      }),
    );
  });

  test('any text can be written: "${" as "$${"', () => {
    fc.assert(
      fc.property(text, (string) => {
        expect(render(string.replaceAll('${', () => '$${'))).toBe(string);
      }),
    );
  });

  test('any document compiles or has problems; rendering gives JSON or an ExpressionError; nothing changes', () => {
    const before = JSON.stringify(SCOPE);
    const seen = new Set<string>();
    fc.assert(
      fc.property(documents(text), (value) => {
        const source = JSON.stringify(value);
        const { template, problems } = compileTemplate(value, { secrets: false });
        for (const { code, pointer } of problems)
          expect([code, pointer === '' || pointer[0] === '/']).toEqual(['invalid_expression', true]);
        const end = endOf(() => template.render(SCOPE));
        if ('thrown' in end) expect(end.thrown).toBeInstanceOf(ExpressionError);
        else expect(Object.isFrozen(end.value) || typeof value !== 'object').toBe(true);
        if (problems.length === 0) seen.add(Object.keys(end).join());
        expect(JSON.stringify(value)).toBe(source);
      }),
      { numRuns: 1000 },
    );
    expect(JSON.stringify(SCOPE)).toBe(before);
    // The generator would be worth little if every document had a value, or none.
    expect([...seen].sort()).toEqual(['thrown', 'value']);
  });

  test('documents may be as deep as requests', () => {
    const deep = JSON.parse(`${'['.repeat(MAX_JSON_DEPTH - 1)}"\${data.n}"${']'.repeat(MAX_JSON_DEPTH - 1)}`) as Json;
    expect(JSON.stringify(render(deep))).toContain('[3]');
  });
});

test('nothing here reads a clock', () => {
  const now = vi.spyOn(Date, 'now');
  expect(render({ a: '${data.n}' } as JsonObject)).toEqual({ a: 3 });
  expect(now).not.toHaveBeenCalled();
});

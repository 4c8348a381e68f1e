import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import type { Problem } from '../../../src/core/base/errors.js';
import type { Json } from '../../../src/core/base/json.js';
import { compileInSteps, compileJsonSchema } from '../../../src/core/json-schema/json-schema.js';

function findingsOf(schema: unknown, value: Json): Problem[] {
  const { schema: compiled, problems } = compileJsonSchema(schema);
  expect(problems).toBeUndefined();
  return compiled?.validate(value) ?? [];
}

const refusalsOf = (schema: unknown) => compileJsonSchema(schema).problems;
const short = (problems: readonly Problem[] | undefined) => problems?.map(({ pointer, code }) => `${pointer} ${code}`);
const repeat = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));
const named = <T>(count: number, make: (index: number) => T) =>
  Object.fromEntries(repeat(count, (index) => [`p${index}`, make(index)]));

const isOfKeys = (keyword: string) => /[pP]ropert/.test(keyword);

const TREE = {
  $defs: {
    node: {
      type: 'object',
      properties: { value: { type: 'number' }, children: { type: 'array', items: { $ref: '#/$defs/node' } } },
      required: ['value'],
      unevaluatedProperties: false,
    },
  },
  $ref: '#/$defs/node',
};

const CASES: [string, unknown, Json, Json][] = [
  ['type', { type: 'string' }, 'a', 1],
  ['types', { type: ['string', 'null'] }, null, 1],
  ['integer', { type: 'integer' }, 3, 3.5],
  ['range', { minimum: 1, exclusiveMaximum: 5 }, 1, 5],
  ['multipleOf, as people mean it', { multipleOf: 0.01 }, 19.99, 19.995],
  ['length in code points', { minLength: 1, maxLength: 2 }, '😀😀', 'abc'],
  ['items', { items: { type: 'number' }, minItems: 1 }, [1], ['a']],
  ['prefixItems', { prefixItems: [{ type: 'string' }, true], items: false }, ['a', 1], ['a', 1, 2]],
  ['contains', { contains: { const: 1 }, maxContains: 1 }, [1, 2], [1, 1]],
  [
    'uniqueItems',
    { uniqueItems: true },
    [
      { a: 1, b: [2] },
      { a: 1, b: [3] },
    ],
    [
      { a: 1, b: [2] },
      { b: [2], a: 1 },
    ],
  ],
  ['uniqueItems: false', { uniqueItems: false, maxItems: 2 }, [1, 1], [1, 1, 1]],
  ['uniqueItems of scalars', { uniqueItems: true }, [1, '1', null, true], ['a', 'a']],
  ['properties', { properties: { a: { type: 'string' } } }, { a: 'x', b: 1 }, { a: 1 }],
  [
    'a property named like a keyword',
    { properties: { pattern: { type: 'string' } } },
    { pattern: 'a+' },
    { pattern: 1 },
  ],
  [
    'additionalProperties',
    { properties: { a: true }, additionalProperties: { type: 'number' } },
    { a: 'x', b: 1 },
    { b: 'x' },
  ],
  ['propertyNames', { propertyNames: { maxLength: 2 } }, { ab: 1 }, { abc: 1 }],
  ['dependentRequired', { dependentRequired: { a: ['b'] } }, { a: 1, b: 1 }, { a: 1 }],
  ['dependentSchemas', { dependentSchemas: { a: { minProperties: 2 } } }, { b: 1 }, { a: 1 }],
  ['not', { not: { type: 'string' } }, 1, 'a'],
  // biome-ignore lint/suspicious/noThenProperty: it is a keyword.
  ['if', { if: { type: 'string' }, then: { minLength: 2 }, else: { minimum: 2 } }, 'ab', 1],
  ['allOf', { allOf: [{ minimum: 1 }, { maximum: 2 }] }, 1, 3],
  ['anyOf', { anyOf: [{ type: 'string' }, { type: 'null' }] }, null, 3],
  ['oneOf', { oneOf: [{ type: 'number' }, { minimum: 1 }] }, 0, 3],
  [
    'const and enum hold data',
    { anyOf: [{ const: { pattern: 'x' } }, { enum: [{ $ref: 'y' }] }] },
    { pattern: 'x' },
    {},
  ],
  ['unevaluatedItems', { prefixItems: [true], unevaluatedItems: false }, [1], [1, 2]],
  ['references', TREE, { value: 1, children: [{ value: 2 }] }, { value: 1, children: [{ value: 2, extra: 1 }] }],
  ['a reference to the root', { type: 'object', properties: { next: { $ref: '#' } } }, { next: {} }, { next: 1 }],
  ['escaped references', { $defs: { 'a/b c': { type: 'null' } }, items: { $ref: '#/$defs/a~1b%20c' } }, [null], [1]],
  [
    'a reference into properties',
    { properties: { a: { type: 'null' }, b: { $ref: '#/properties/a' } } },
    { b: null },
    { b: 1 },
  ],
  ['a reference to a boolean', { $defs: { no: false }, properties: { a: { $ref: '#/$defs/no' } } }, {}, { a: 1 }],
  [
    'draft-07',
    {
      $schema: 'http://json-schema.org/draft-07/schema#',
      definitions: { a: { type: 'null' } },
      items: { $ref: '#/definitions/a' },
    },
    [null],
    [1],
  ],
  [
    'an id at the root',
    { $schema: 'https://json-schema.org/draft/2020-12/schema', $id: 'https://example.org/s', type: 'null' },
    null,
    1,
  ],
  ['pattern, anywhere in the text', { pattern: 'b\\d' }, 'ab1c', 'abc'],
  ['pattern of what is no string', { pattern: '^a$', type: ['string', 'number'] }, 1, 'b'],
  ['patternProperties', { patternProperties: { '^x-': { type: 'number' } } }, { 'x-a': 1, y: 'z' }, { 'x-a': 'z' }],
  [
    'patternProperties beside additionalProperties',
    { patternProperties: { '^x-': true }, properties: { a: true }, additionalProperties: false },
    { 'x-b': 1, a: 2 },
    { y: 1 },
  ],
  [
    'patternProperties, as evaluated',
    { patternProperties: { '^x-': true }, unevaluatedProperties: false },
    { 'x-b': 1 },
    { y: 1 },
  ],
  ['format', { format: 'date', pattern: '^2' }, '2024-02-29', '2026-02-30'],
  ['format of what is no string', { format: 'date', type: ['string', 'number'] }, 1, '1'],
  ['$anchor', { $defs: { a: { $anchor: 'text', type: 'string' } }, items: { $ref: '#text' } }, ['a'], [1]],
  [
    '$anchor of the whole',
    { $anchor: 'all', type: ['object', 'null'], additionalProperties: { $ref: '#all' } },
    { a: { b: null } },
    { a: { b: 1 } },
  ],
  ['dependencies on keys', { dependencies: { a: ['b'] } }, { a: 1, b: 1 }, { a: 1 }],
  ['dependencies with schemas', { dependencies: { a: { minProperties: 2 }, c: ['d'] } }, { a: 1, b: 1 }, { a: 1 }],
  ['multipleOf with a quotient that overflows', { multipleOf: 0.5 }, 1e308, 0.25],
  ['multipleOf that does not fit a quotient that overflows', { multipleOf: 0.123456789 }, 0.246913578, 1e308],
  [
    'unknown keywords and formats say nothing',
    { 'x-note': { pattern: '(a+)+$', $id: '#' }, format: 'made-up', title: 't', type: 'string' },
    'a',
    1,
  ],
  ['false', { properties: { a: false } }, {}, { a: 1 }],
];

test.each(CASES)('%s', (_, schema, good, bad) => {
  expect(findingsOf(schema, good)).toEqual([]);
  expect(findingsOf(schema, bad)).not.toEqual([]);
});

describe('a schema that is so large that it is compiled in parts', () => {
  /** Adds a hundred schemas that take everything. */
  function enlarge(schema: Record<string, Json>): Record<string, Json> {
    const { properties = {}, dependentSchemas = {}, allOf = [] } = schema as Record<string, object>;
    return {
      ...schema,
      properties: { ...properties, ...named(40, () => ({ minLength: 0, maxLength: 1_000_000, minItems: 0 })) },
      dependentSchemas: { ...dependentSchemas, ...named(30, () => ({ minProperties: 0 })) },
      allOf: [...(allOf as Json[]), ...repeat(30, () => ({ minLength: 0, maxLength: 1_000_000 }))],
    };
  }

  test.each(CASES)('says the same: %s', (_, schema, good, bad) => {
    const large = enlarge(schema as Record<string, Json>);
    expect(findingsOf(large, good)).toEqual([]);
    expect(findingsOf(large, bad)).toEqual(findingsOf(schema, bad));
  });

  test('says the same in the parts of its parts', () => {
    // References and ids are those of the whole.
    const movable = CASES.filter(([, schema]) => !/"\$(ref|id)"/.test(JSON.stringify(schema)));
    expect(movable.length).toBeGreaterThan(20);
    for (const [, schema, good, bad] of movable) {
      const large = enlarge({ items: enlarge({ not: enlarge({ not: schema as Json }) }) });
      expect(findingsOf(large, [good, good])).toEqual([]);
      expect(short(findingsOf(large, [good, bad]))).toEqual(['/1 invalid_value']);
    }
  });

  test('knows what its parts have looked at', () => {
    const large = enlarge({
      properties: { a: true, b: { type: 'number', minimum: 1, maximum: 2 } },
      dependentSchemas: { a: { properties: { c: true } } },
      allOf: [{ properties: { d: { type: 'number', minimum: 1, maximum: 2 } } }],
      anyOf: [enlarge({ required: ['e'], properties: { e: true } }), true],
      unevaluatedProperties: false,
    });
    expect(findingsOf(large, { a: 1, b: 1, c: 1, d: 1, e: 1 })).toEqual([]);
    expect(short(findingsOf(large, { b: 1, c: 1, d: 3, f: 1 }))).toEqual([
      '/d invalid_value',
      '/c unknown_key',
      // As after a reference: what has refused a value has not looked at it.
      '/d unknown_key',
      '/f unknown_key',
    ]);
  });

  test('finds all problems, in the order of the document', () => {
    const large = { properties: named(300, (index) => ({ type: 'number', minimum: index, maximum: 1000 })) };
    const value = { p250: 1, p7: 'x', p299: 2, p0: 5 };
    expect(short(findingsOf(large, value))).toEqual(['/p7 invalid_type', '/p250 invalid_value', '/p299 invalid_value']);
  });
});

test('true takes everything, false nothing', () => {
  expect(findingsOf(true, 1)).toEqual([]);
  expect(findingsOf(false, 1)).toEqual([{ pointer: '', code: 'invalid_value', message: 'Nothing is allowed here.' }]);
});

test('findings point into the value, with codes that other checks use too', () => {
  const schema = {
    type: 'object',
    properties: {
      'a/b': { type: ['string', 'null'] },
      c: { enum: ['x', 'y'] },
      d: { const: { long: 'z'.repeat(200) } },
      e: { items: { minimum: 3 } },
      f: { enum: repeat(100, (index) => `value ${index}`) },
    },
    required: ['g', 'constructor'],
    additionalProperties: false,
  };
  expect(findingsOf(schema, { 'a/b': 1, c: 'z', d: 1, e: [5, 2], f: 0, 'h~': 1 })).toEqual([
    { pointer: '/g', code: 'required', message: 'Required.' },
    { pointer: '/constructor', code: 'required', message: 'Required.' },
    { pointer: '/h~0', code: 'unknown_key', message: 'Unknown key "h~".' },
    { pointer: '/a~1b', code: 'invalid_type', message: 'Must be string or null.' },
    { pointer: '/c', code: 'invalid_value', message: 'Must be one of "x", "y".' },
    { pointer: '/d', code: 'invalid_value', message: `Must be {"long":"${'z'.repeat(91)}….` },
    { pointer: '/e/1', code: 'invalid_value', message: 'Must be >= 3.' },
    { pointer: '/f', code: 'invalid_value', message: expect.stringMatching(/^Must be one of "value 0", .*…$/) },
  ]);
  expect(short(findingsOf(TREE, { value: 1, extra: 1 }))).toEqual(['/extra unknown_key']);
});

test('at most 100 findings', () => {
  expect(findingsOf({ items: { type: 'string' } }, repeat(1000, Number))).toHaveLength(100);
});

describe('refused schemas', () => {
  test.each<[string, unknown, string[]]>([
    ['no schema', [], [' invalid_schema']],
    ['null', null, [' invalid_schema']],
    ['text', 'string', [' invalid_schema']],
    ['not JSON', { a: { b: () => 1 } }, ['/a/b invalid_schema']],
    [
      'a toJSON that throws',
      {
        toJSON: () => {
          throw new Error('no');
        },
      },
      [' invalid_schema'],
    ],
    ['too deep', JSON.parse(`${'{"not":'.repeat(101)}{}${'}'.repeat(101)}`), ['/not/not/not/not/not invalid_schema']],
    ['too large', { description: 'x'.repeat(70_000) }, [' invalid_schema']],
    ['an unknown draft', { $schema: 'https://example.org/mine' }, ['/$schema invalid_schema']],
    ['a draft that is no text', { $schema: 1 }, ['/$schema invalid_schema']],
    [
      'regular expressions that are none, or not in linear time',
      { properties: { a: { pattern: '(?=a)' } }, patternProperties: { '(': {}, a: {} } },
      ['/patternProperties/( invalid_schema', '/properties/a/pattern invalid_schema'],
    ],
    [
      'regular expressions behind references',
      { $defs: { a: { pattern: '(a)\\1' } }, $ref: '#/$defs/a' },
      ['/$defs/a/pattern invalid_schema'],
    ],
    [
      'many patterns',
      { anyOf: repeat(90, (n) => ({ pattern: `a${n}`, patternProperties: { [`b${n}`]: {} } })) },
      ['/anyOf/50/pattern invalid_schema'],
    ],
    ['large patterns', { allOf: repeat(9, (n) => ({ pattern: `${n}a{700}` })) }, ['/allOf/5/pattern invalid_schema']],
    ['empty lists of values', { enum: [] }, ['/enum invalid_schema']],
    [
      'two anchors of one name',
      { $defs: { a: { $anchor: 'x' }, b: { $anchor: 'x' } } },
      ['/$defs/b/$anchor invalid_schema'],
    ],
    ['many dependencies of older drafts', { dependencies: named(101, () => []) }, ['/dependencies invalid_schema']],
    ['loops by anchors', { $anchor: 'a', allOf: [{ $ref: '#a' }] }, [' invalid_schema']],
    ['ids inside', { items: { $id: 'a' } }, ['/items/$id invalid_schema']],
    [
      'dynamic anchors',
      { $dynamicAnchor: 'a', $dynamicRef: '#a' },
      ['/$dynamicAnchor invalid_schema', '/$dynamicRef invalid_schema'],
    ],
    ['asynchronous ones', { $async: true }, ['/$async invalid_schema']],
    ['remote references', { items: { $ref: 'https://example.org/a.json#/b' } }, ['/items/$ref invalid_schema']],
    ['references to anchors', { $ref: '#name' }, ['/$ref invalid_schema']],
    ['references to nothing', { $ref: '#/$defs/a' }, ['/$ref invalid_schema']],
    ['references that are no URI', { $ref: '#/%zz' }, ['/$ref invalid_schema']],
    ['references into data', { const: { pattern: 'a' }, items: { $ref: '#/const' } }, ['/items/$ref invalid_schema']],
    ['references into prototypes', { $ref: '#/constructor' }, ['/$ref invalid_schema']],
    ['a reference that is no text', { $ref: 5 }, ['/$ref invalid_schema']],
    ['loops', { $ref: '#' }, [' invalid_schema']],
    [
      'loops in two steps',
      { $defs: { a: { allOf: [{ $ref: '#/$defs/b' }] }, b: { not: { $ref: '#/$defs/a' } } } },
      ['/$defs/a invalid_schema'],
    ],
    [
      'wrong shapes',
      { type: 'strin', not: 5, allOf: 1, minLength: -1 },
      ['/not invalid_schema', '/allOf invalid_schema', '/minLength invalid_schema', '/type invalid_schema'],
    ],
    ['lists of schemas in items', { items: [{}] }, ['/items invalid_schema']],
    [
      'properties named __proto__',
      JSON.parse('{"properties": {"__proto__": {}}}'),
      ['/properties/__proto__ invalid_schema'],
    ],
    ['many alternatives', { oneOf: repeat(101, () => ({})) }, ['/oneOf invalid_schema']],
    ['many dependencies', { dependentRequired: named(101, () => []) }, ['/dependentRequired invalid_schema']],
    ['many schemas', { properties: named(500, () => ({})) }, [' invalid_schema']],
  ])('%s', (_, schema, expected) => {
    expect(short(refusalsOf(schema))?.sort()).toEqual(expected.sort());
  });

  test('what the engine cannot compile', () => {
    // The rules for schemas are compiled before.
    expect(refusalsOf({ type: 'string' })).toBeUndefined();
    vi.spyOn(Ajv2020.prototype, 'compile').mockImplementationOnce(() => {
      throw new RangeError('Maximum call stack size exceeded');
    });
    const schema = { type: 'string', title: 'not compiled before' };
    expect(short(refusalsOf(schema))).toEqual([' invalid_schema']);
    // What is refused is not kept.
    expect(refusalsOf(schema)).toBeUndefined();
  });

  test('what the engine compiles only without going on after the first error', () => {
    const { schema } = compileJsonSchema({ items: { type: 'string' }, title: 'not compiled before' });
    vi.spyOn(Ajv2020.prototype, 'compile').mockImplementationOnce(() => {
      throw new RangeError('Maximum call stack size exceeded');
    });
    expect(schema?.validate([1, 2])).toEqual([{ pointer: '/0', code: 'invalid_type', message: 'Must be string.' }]);
  });

  test('at most 100 problems', () => {
    expect(refusalsOf({ properties: named(200, () => ({ enum: [] })) })).toHaveLength(100);
    expect(refusalsOf({ properties: named(200, () => ({ minLength: -1 })) })).toHaveLength(100);
  });
});

describe('compiling', () => {
  test('takes steps, of which the first use of a schema is one', () => {
    const schema = { properties: named(400, (index) => ({ minLength: index })), title: 'not compiled before' };
    // Twice, for the first problem and for all; each part is compiled, and used for the first time.
    expect([...compileInSteps(schema)].length).toBeGreaterThanOrEqual(4 * ((400 * 2) / 60));
  });

  test('is done once for each text: the doctor, runs and answers share it', () => {
    const schema = { properties: { a: { type: 'string' } }, title: 'compiled once' };
    const compile = vi.spyOn(Ajv2020.prototype, 'compile');
    const { schema: first } = compileJsonSchema(schema);
    const { length } = compile.mock.calls;
    expect([...compileInSteps(structuredClone(schema))]).toEqual([]);
    expect(compileJsonSchema(structuredClone(schema)).schema).toBe(first);
    expect(compile.mock.calls).toHaveLength(length);
    compile.mockRestore();
  });
});

describe('hostile schemas and values take bounded time', () => {
  const nested = (depth: number) => JSON.parse('['.repeat(depth) + ']'.repeat(depth)) as Json;
  const laughs = {
    $ref: '#/$defs/p39',
    $defs: named(40, (index) => ({ allOf: index === 0 ? [] : repeat(2, () => ({ $ref: `#/$defs/p${index - 1}` })) })),
  };
  laughs.$defs.p0 = { type: 'number' } as never;
  const TOO_LARGE = [{ pointer: '', code: 'invalid_value', message: expect.stringContaining('too large or too deep') }];

  test.each<[string, unknown, Json]>([
    ['references that double', laughs, 1],
    [
      'recursion that doubles with each level',
      { allOf: [{ items: { $ref: '#' } }, { items: { $ref: '#' } }] },
      nested(60),
    ],
    [
      'long chains at each level of a deep value',
      {
        $ref: '#/$defs/p0',
        $defs: named(150, (index) =>
          index < 149 ? { $ref: `#/$defs/p${index + 1}` } : { items: { $ref: '#/$defs/p0' } },
        ),
      },
      nested(99),
    ],
    ['all pairs of many items', { uniqueItems: true }, repeat(300_000, () => ({}))],
    ['long enums for many items', { items: { enum: repeat(10_000, Number) } }, repeat(200_000, () => 9999)],
    ['long strings again and again', { allOf: repeat(100, () => ({ minLength: 1 })) }, 'x'.repeat(1_000_000)],
  ])('%s', (_, schema, value) => {
    expect(findingsOf(schema, value)).toEqual(TOO_LARGE);
  });

  test.each(['items', 'contains', 'additionalProperties', 'propertyNames', 'unevaluatedProperties'])(
    'copies of all errors so far, in %s',
    (keyword) => {
      const schema = { $defs: { no: { type: 'object' } }, [keyword]: { $ref: '#/$defs/no' } };
      const list = repeat(100_000, Number);
      expect(findingsOf(schema, isOfKeys(keyword) ? named(50_000, Number) : list).length).toBeLessThan(3);
    },
  );

  test('a list that one item of is looked for may have thousands of others', () => {
    const schema = { $defs: { a: { const: 1 } }, contains: { $ref: '#/$defs/a' } };
    expect(findingsOf(schema, [...repeat(5000, () => 0), 1])).toEqual([]);
  });

  test('each check counts anew', () => {
    const { schema } = compileJsonSchema({ items: { type: 'number' } });
    for (let round = 0; round < 10; round++) expect(schema?.validate(repeat(60_000, Number))).toEqual([]);
  });

  test('names and values cannot become code', () => {
    const marks = globalThis as { injected?: boolean };
    const evil = [
      '"];globalThis.injected=true;//',
      "'+(globalThis.injected=true)+'",
      '`${globalThis.injected=true}`',
      '\u2028globalThis.injected=true\n',
      '\\"+(globalThis.injected=true)+"',
      '*/globalThis.injected=true/*',
    ];
    for (const text of evil) {
      const schema = {
        title: text,
        $comment: text,
        $id: `https://example.org/${encodeURIComponent(text)}`,
        properties: {
          [text]: {
            const: text,
            $ref: `#/$defs/${encodeURIComponent(text.replaceAll('~', '~0').replaceAll('/', '~1'))}`,
          },
        },
        $defs: { [text]: { enum: [text] } },
        required: [text],
        dependentRequired: { [text]: [text] },
        dependentSchemas: { [text]: { default: text } },
        [text]: text,
      };
      expect(findingsOf(schema, { [text]: text })).toEqual([]);
      expect(findingsOf(schema, { [text]: 'other' })).not.toEqual([]);
    }
    expect(marks.injected).toBeUndefined();
  });

  test('mistakes of ours are not taken for findings', () => {
    const { schema } = compileJsonSchema({ type: 'object', required: ['a'] });
    const trap = new Proxy(
      {},
      {
        ownKeys: () => {
          throw new TypeError('ours');
        },
      },
    );
    expect(() => schema?.validate(trap)).toThrow(TypeError);
  });
});

describe('properties', () => {
  const keyword = fc.constantFrom(
    ...[
      'type',
      'properties',
      'items',
      'allOf',
      'anyOf',
      'not',
      '$ref',
      '$defs',
      'required',
      'enum',
      'const',
      'pattern',
      '$id',
    ],
    ...[
      'minimum',
      'uniqueItems',
      'additionalProperties',
      'unevaluatedProperties',
      'contains',
      'if',
      'then',
      '$schema',
      'a',
      '__proto__',
    ],
  );
  const document = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'medium' },
      fc.constantFrom(null, true, false, 1, 'string', 'object', '#', '#/$defs/a', 'a'),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(keyword, tie('value'), { maxKeys: 4 }),
    ),
  })).value as fc.Arbitrary<Json>;

  test('any document compiles or has problems; any value has findings or none; nothing changes', () => {
    fc.assert(
      fc.property(document, document, (schema, value) => {
        const before = JSON.stringify([schema, value]);
        const { schema: compiled, problems } = compileJsonSchema(schema);
        if (compiled === undefined) expect(problems.length).toBeGreaterThan(0);
        else
          for (const { pointer } of compiled.validate(value))
            expect(pointer === '' || pointer.startsWith('/')).toBe(true);
        expect(JSON.stringify([schema, value])).toBe(before);
        expect(Object.keys(Object.prototype)).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });
});

test('compiled schemas are kept as far as their parts fit in memory', () => {
  const schemaOf = (name: string, parts: number) => ({ title: name, properties: named(parts, () => ({ minimum: 1 })) });
  const compile = (name: string, parts: number) => compileJsonSchema(schemaOf(name, parts));
  const first = compile('first', 1);
  expect(compile('first', 1)).toBe(first);
  // Many small ones take no more than they need.
  for (let index = 0; index < 50; index++) compile(`small ${index}`, 1);
  expect(compile('first', 1)).toBe(first);
  for (let index = 0; index < 9; index++) compile(`large ${index}`, 480);
  expect(compile('first', 1)).not.toBe(first);
});

import { describe, expect, it, test } from 'vitest';
import type { Json } from '../../../src/core/base/json.js';
import { compileJsonSchema } from '../../../src/core/json-schema/json-schema.js';

const accept = (schema: unknown, value: Json) => compileJsonSchema(schema).schema?.accept(value);
const lang = { properties: { lang: { type: 'string', default: 'en' } } };

describe('defaults', () => {
  test.each<[string, unknown, Json, Json]>([
    ['of a missing property', lang, {}, { lang: 'en' }],
    ['not of one that is there', lang, { lang: 'de' }, { lang: 'de' }],
    ['not of a null', { properties: { a: { default: 1 } } }, { a: null }, { a: null }],
    ['that is null', { properties: { a: { default: null } } }, {}, { a: null }],
    ['of a required property', { ...lang, required: ['lang'] }, {}, { lang: 'en' }],
    ['of a whole value are not', { default: 1 }, null, null],
    ['inside what is there', { properties: { a: lang } }, { a: {} }, { a: { lang: 'en' } }],
    ['not inside what is missing', { properties: { a: lang } }, {}, {}],
    ['inside a default', { properties: { a: { ...lang, default: {} } } }, {}, { a: { lang: 'en' } }],
    ['of items', { items: lang }, [{}, { lang: 'de' }, 1], [{ lang: 'en' }, { lang: 'de' }, 1]],
    ['of the first items', { prefixItems: [true, lang] }, [{}, {}, {}], [{}, { lang: 'en' }, {}]],
    ['of the items after those', { prefixItems: [{}], items: lang }, [{}, {}], [{}, { lang: 'en' }]],
    ['behind references', { $defs: { l: lang }, $ref: '#/$defs/l' }, {}, { lang: 'en' }],
    ['that a reference has', { $defs: { l: { default: 2 } }, properties: { a: { $ref: '#/$defs/l' } } }, {}, { a: 2 }],
    ['beside a reference to none', { $defs: { l: lang }, properties: { a: { $ref: '#/$defs/l' } } }, {}, {}],
    ['in allOf', { allOf: [lang, { properties: { b: { default: 1 } } }] }, {}, { lang: 'en', b: 1 }],
    ['not in anyOf', { anyOf: [lang] }, {}, {}],
    ['of other kinds of values', { ...lang, items: lang }, 'a', 'a'],
    ['of lists for maps', lang, [], []],
    ['of maps for lists', { items: lang }, {}, {}],
    ['behind true', { properties: { a: true, lang: lang.properties.lang } }, { a: {} }, { a: {}, lang: 'en' }],
  ])('%s', (_, schema, value, expected) => {
    expect(accept(schema, value)).toEqual({ value: expected, problems: [] });
  });

  it('leave a value without changes as it is, and others frozen', () => {
    const value = { lang: 'de', list: [{}] };
    expect(accept({ ...lang, items: true }, value)?.value).toBe(value);
    expect(accept({ items: lang }, [{ lang: 'x' }])?.value).toEqual([{ lang: 'x' }]);
    expect(Object.isFrozen(accept(lang, {})?.value)).toBe(true);
    expect(accept({ type: 'object' }, value)?.value).toBe(value);
  });

  it('must fit the schema themselves', () => {
    expect(accept({ properties: { a: { type: 'number', default: 'x' } } }, {})?.problems).toMatchObject([
      { pointer: '/a', code: 'invalid_type' },
    ]);
  });

  it('end, though a schema is part of its own default', () => {
    const schema = { properties: { a: { default: {}, $ref: '#' } } };
    expect(accept(schema, {})?.value).toEqual({ a: {} });
    expect(accept(schema, { a: { a: {} } })?.value).toEqual({ a: { a: { a: {} } } });
  });

  const TOO_MANY = [
    { pointer: '', code: 'invalid_value', message: 'The defaults for this value are too many, or too large.' },
  ];

  it('are bounded in size, number and depth', () => {
    const large = { items: { properties: { a: { default: 'x'.repeat(60_000) } } } };
    expect(
      accept(
        large,
        Array.from({ length: 10 }, () => ({})),
      )?.problems,
    ).toEqual([]);
    expect(
      accept(
        large,
        Array.from({ length: 100 }, () => ({})),
      )?.problems,
    ).toEqual(TOO_MANY);
    const many = { items: { allOf: Array.from({ length: 90 }, () => ({})), properties: { a: { default: 1 } } } };
    expect(
      accept(
        many,
        Array.from({ length: 10_000 }, () => ({})),
      )?.problems,
    ).toEqual(TOO_MANY);
    const chain = Object.fromEntries(
      Array.from({ length: 40 }, (_, n) => [
        `p${n}`,
        { allOf: [{ $ref: `#/$defs/p${n + 1}` }, { $ref: `#/$defs/p${n + 1}` }] },
      ]),
    );
    const laughs = { $ref: '#/$defs/p0', $defs: { ...chain, p40: lang } };
    expect(accept(laughs, {})?.problems).toEqual(TOO_MANY);
  });

  it('fail as they do, if the fault is ours', () => {
    const { schema } = compileJsonSchema(lang);
    const broken = new Proxy(
      {},
      {
        getOwnPropertyDescriptor: () => {
          throw new TypeError('ours');
        },
      },
    );
    expect(() => schema?.accept(broken as Json)).toThrow('ours');
  });
});

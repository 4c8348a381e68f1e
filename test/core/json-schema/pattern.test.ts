import { describe, expect, it, test } from 'vitest';
import { compileJsonSchema } from '../../../src/core/json-schema/json-schema.js';
import { compilePattern } from '../../../src/core/json-schema/pattern.js';

describe('patterns', () => {
  test.each<[string, readonly string[], readonly string[]]>([
    ['b', ['abc', 'b'], ['a']],
    ['^a$', ['a'], ['a\n', 'b\na', 'A']],
    ['^.$', ['a', '😀'], ['\n', '\r', '\u2028', 'ab']],
    ['^\\S\\s$', ['a\u00a0', 'a\ufeff', '\u0085 '], ['\u2003a', 'aa']],
    ['^[\\s\\d]+$', ['1\u3000'], ['a']],
    ['^[^\\S\\n]$', [' ', '\t'], ['\n', 'a']],
    ['^[\\S]$', ['a'], ['\u00a0']],
    ['^[^]$', ['\n', '😀'], ['']],
    ['[]', [], ['', 'a']],
    ['^\\p{Letter}\\P{Lu}\\p{Script=Greek}$', ['éaα', 'ab\u03b2'], ['1aα', 'aAα', 'aaa']],
    ['^\\u0041\\u{1F600}\\ud83d\\ude00\\x42\\cJ\\0$', ['A😀😀B\n\0'], ['A']],
    ['^[\\b]$', ['\b'], ['b']],
    ['^[[:alpha:]]$', ['[]', 'a]', ':]'], ['b']],
    ['^[\\]\\-a]{2}$', [']-', 'aa'], ['b', 'a']],
    ['^\\/\\.\\+$', ['/.+'], ['/x+']],
    ['^\\w\\W\\d\\D\\b', ['a-1b'], ['é-1b']],
    ['(?<year>\\d{4})-(?:\\d{2}){1,2}', ['2026-01'], ['26-01']],
    ['^(?:a|b{2,})*$', ['abba', ''], ['b']],
    ['^a{,3}$', ['a{,3}'], ['aaa']],
    ['^]}$', [']}'], ['']],
  ])('are those of ECMAScript: %s', (source, good, bad) => {
    const pattern = compilePattern(source);
    expect(good.filter((text) => !pattern.test(text))).toEqual([]);
    expect(bad.filter((text) => pattern.test(text))).toEqual([]);
  });

  test.each(['(?=a)', '(?!a)', '(?<=a)', '(a)\\1', '(', '[a', '\\', 'a**'])(
    'that are none, or look around, are refused: %s',
    (source) => {
      expect(() => compilePattern(source)).toThrow(/no look-arounds and no back-references|no escape/);
    },
  );

  test.each(['\\Q', '\\A', '\\z', '\\k<a>', '\\u12', '\\p{L'])('RE2 does not give a meaning to %s', (source) => {
    expect(() => compilePattern(source)).toThrow('no escape that can be used here');
  });

  test.each(['a{1000}', '(?:a{1,30}){1,30}', '(a{30}b{30}){30}', '((((a{9}){9}){9}){9}', `(${'a'.repeat(900)}){9}`])(
    'that are written out too large are refused before that: %s',
    (source) => {
      expect(() => compilePattern(source)).toThrow('The pattern is too large');
    },
  );

  it('have a limit of length, and one message for all', () => {
    expect(() => compilePattern('a'.repeat(1001))).toThrow('A pattern has at most 1000 characters.');
    expect(compilePattern('a{700}').test('a'.repeat(700))).toBe(true);
    expect(compileJsonSchema({ pattern: '^a$' }).schema?.validate('b')).toEqual([
      { pointer: '', code: 'invalid_value', message: 'Must match pattern "^a$".' },
    ]);
  });

  test.each(['^(([a-z])+.)+[A-Z]([a-z])+$', '(x+x+)+y', '(a|a)*b', '(a?){100}a{100}$'])(
    'end in bounded time, whatever the text: %s',
    (pattern) => {
      const { schema } = compileJsonSchema({ items: { pattern } });
      expect(schema?.validate(Array.from({ length: 1000 }, () => 'a'.repeat(10_000)))).toHaveLength(1);
    },
  );

  it('can stand in several places', () => {
    const { schema } = compileJsonSchema({ properties: { a: { pattern: '^x$' }, b: { pattern: '^x$' } } });
    expect(schema?.validate({ a: 'y', b: 'y' }).map(({ pointer }) => pointer)).toEqual(['/a', '/b']);
  });

  it('are refused when they are too many', () => {
    const properties = Object.fromEntries(
      Array.from({ length: 101 }, (_, index) => [`p${index}`, { pattern: `^${index}$` }]),
    );
    expect(compileJsonSchema({ properties }).problems).toEqual([
      {
        pointer: expect.stringContaining('/properties/p'),
        code: 'invalid_schema',
        message: 'The patterns of the schema are too many, or too large together. Use fewer.',
      },
    ]);
  });
});

import { describe, expect, it, test } from 'vitest';
import { FORMATS } from '../../../src/core/json-schema/formats.js';
import { compileJsonSchema } from '../../../src/core/json-schema/json-schema.js';

const fits = (format: string, value: string) => compileJsonSchema({ format }).schema?.validate(value).length === 0;

describe('formats', () => {
  test.each([
    ['date', ['2024-02-29', '0001-01-01'], ['2026-02-29', '2026-02-30', '2026-13-01', '26-01-01', '2026-1-1', '']],
    [
      'time',
      ['08:30:06Z', '23:59:60z', '08:30:06.283185+05:30'],
      ['08:30:06', '24:00:00Z', '08:30:06+01', '08:30:06+0130'],
    ],
    [
      'date-time',
      ['2026-01-31T08:30:00Z', '2026-01-31t08:30:00.5-08:00'],
      ['2026-01-31 08:30:00Z', '2026-02-30T08:30:00Z', '2026-01-31T08:30:00', '2026-01-31'],
    ],
    ['email', ['ada@example.org', "o'neil+tag@a-b.co"], ['not an email', 'a@b@c', '@example.org', 'ada@']],
    [
      'uri',
      ['https://example.org/a?b#c', 'urn:isbn:1', 'mailto:a@b.c'],
      ['/relative', 'no scheme', 'http://a b', '//x'],
    ],
    [
      'uuid',
      ['2EB8AA08-aa98-11ea-b4aa-73b441d16380'],
      ['urn:uuid:2eb8aa08-aa98-11ea-b4aa-73b441d16380', '2eb8aa08', ''],
    ],
    ['ipv4', ['127.0.0.1', '255.255.255.255'], ['256.0.0.1', '127.0.0', '01.2.3.4', '::1']],
    ['ipv6', ['::1', 'fe80::1', '::ffff:192.0.2.1'], ['1::2::3', '12345::', '127.0.0.1', 'fe80::1%eth0']],
    ['hostname', ['example.org', 'a-b.c', 'x'], ['-a.org', 'a_b', `${'a'.repeat(64)}.org`, 'a..b']],
  ])('%s', (format, good, bad) => {
    expect(good.filter((value) => !fits(format, value))).toEqual([]);
    expect(bad.filter((value) => fits(format, value))).toEqual([]);
  });

  it('have a message, and fit no text of more than 8,192 characters', () => {
    expect(compileJsonSchema({ format: 'email' }).schema?.validate('x')).toEqual([
      { pointer: '', code: 'invalid_value', message: 'Must match format "email".' },
    ]);
    expect(fits('uri', `https://example.org/${'a'.repeat(8000)}`)).toBe(true);
    expect(fits('uri', `https://example.org/${'a'.repeat(9000)}`)).toBe(false);
  });

  it('that are not known are listed with their places', () => {
    const schema = { format: 'uri', properties: { a: { format: 'made-up' }, b: true }, items: { format: 5 } };
    expect(compileJsonSchema({ ...schema, items: true }).schema?.unknownFormats).toEqual([
      { pointer: '/properties/a/format', format: 'made-up' },
    ]);
    expect(compileJsonSchema(schema).problems).toMatchObject([{ pointer: '/items/format' }]);
  });

  it('cost as much as they are long', () => {
    const { schema } = compileJsonSchema({ items: { format: 'email' } });
    const items = Array.from({ length: 1000 }, () => `a@${'b.'.repeat(500)}co`);
    expect(schema?.validate(items)).toMatchObject([{ message: expect.stringContaining('too large') }]);
    expect([...FORMATS.keys()]).toHaveLength(9);
  });
});

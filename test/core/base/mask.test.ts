import { describe, expect, it } from 'vitest';
import { maskFor, NO_MASK } from '../../../src/core/base/mask.js';

const VALUE = `s&c"r'et <${'x'.repeat(8)}> /+42#é`;
const mask = maskFor(['TOKEN'], { TOKEN: VALUE, OTHER: 'not named' });
const LABEL = '[secret TOKEN]';

describe('a mask', () => {
  it.each([
    ['as it is', VALUE],
    ['in JSON', JSON.stringify(VALUE).slice(1, -1)],
    ['in JSON in JSON', JSON.stringify(JSON.stringify(VALUE)).slice(3, -3)],
    ['as a component of a URL', encodeURIComponent(VALUE)],
    ['in small hexadecimal digits', encodeURIComponent(VALUE).replaceAll(/%../g, (code) => code.toLowerCase())],
    ['as a form sends it', new URLSearchParams({ a: VALUE }).toString().slice(2)],
    ['in a query', new URL(`http://host/?a=${VALUE.replace('#', '%23')}`).search.slice(3)],
    ['in a query with a fragment', new URL(`http://host/?a=${VALUE}`).href.slice('http://host/?a='.length)],
    ['in a path', new URL(`http://host/${VALUE}`).href.slice('http://host/'.length)],
    ['in HTML', `s&amp;c&quot;r&#39;et &lt;${'x'.repeat(8)}&gt; /+42#é`],
    ['in HTML of others', `s&amp;c&#34;r&#x27;et &lt;${'x'.repeat(8)}&gt; /+42#é`],
  ])('hides a value %s', (_, written) => {
    expect(mask.text(`before ${written} after ${written}`)).toBe(`before ${LABEL} after ${LABEL}`);
  });

  it('hides a value that was trimmed, or whose spaces were', () => {
    const spaced = maskFor(['TOKEN'], { TOKEN: '  two\n\n words \n' });
    expect(spaced.text('<two\n\n words>')).toBe(`<${LABEL}>`);
    expect(spaced.text('<two words>')).toBe(`<${LABEL}>`);
  });

  it('hides the beginning of a value where a text was cut, and leaves other texts that were cut', () => {
    for (const length of [4, 7, VALUE.length - 1]) {
      expect(mask.text(`it said ${VALUE.slice(0, length)}…`)).toBe(`it said ${LABEL}…`);
    }
    expect(mask.text('it said so…')).toBe('it said so…');
    expect(maskFor(['A'], { A: 'abc' }).text('ab… a…')).toBe('[secret A]… a…');
    expect(maskFor(['A'], { A: 'a' }).text('b…')).toBe('b…');
  });

  it('hides a value that holds another one whole', () => {
    const both = maskFor(['A', 'B'], { A: 'abc', B: 'xabcx' });
    expect(both.text('abc xabcx')).toBe('[secret A] [secret B]');
  });

  it('hides a value in a path with what only paths encode, and not what a URL makes of dots', () => {
    expect(maskFor(['A'], { A: 'a^b/{c}' }).text(new URL('http://host/a^b/{c}').href)).toBe('http://host/[secret A]');
    expect(maskFor(['A'], { A: 'xyz/../b' }).text('a b')).toBe('a b');
  });

  it('hides nothing of a secret that is not set', () => {
    expect(maskFor(['GONE'], {}).text('not named')).toBe('not named');
  });

  it('looks into all of a value, keys too', () => {
    const value = { [VALUE]: [VALUE, { deep: `Bearer ${VALUE}` }], n: 1, no: null, yes: true };
    expect(mask.value(value)).toEqual({ [LABEL]: [LABEL, { deep: `Bearer ${LABEL}` }], n: 1, no: null, yes: true });
    expect(mask.value(undefined)).toBeUndefined();
  });

  it('hides a number that is a secret, and no other', () => {
    const pin = maskFor(['PIN'], { PIN: '1234' });
    expect(pin.value({ is: 1234, not: 12_345 })).toEqual({ is: '[secret PIN]', not: 12_345 });
  });

  it('lets nothing through of what is no JSON', () => {
    const left: unknown = mask.value({ VALUE, run: () => VALUE });
    expect((left as () => unknown)()).toBeUndefined();
  });

  it('keeps of what was thrown its name, message and stack', () => {
    const thrown = Object.assign(new TypeError(`no ${VALUE}`, { cause: VALUE }), { token: VALUE });
    const error = mask.error(thrown) as Error;
    expect(error).toMatchObject({ name: 'TypeError', message: `no ${LABEL}` });
    expect([error.stack, Object.values(error), error.cause].join()).not.toContain(VALUE);
    expect(mask.error(VALUE)).toBe(LABEL);
    delete thrown.stack;
    expect((mask.error(thrown) as Error).stack).toBe('');
  });
});

it('without secrets everything stays as it is', () => {
  const value = { any: () => 1 };
  expect([NO_MASK.text('text'), NO_MASK.value(value), NO_MASK.error(value)]).toEqual(['text', value, value]);
});

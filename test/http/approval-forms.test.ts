import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../src/core/base/json.js';
import { sortProblems } from '../../src/http/approvals/answer-by-form.js';
import { type Field, fieldsOf } from '../../src/http/approvals/fields.js';
import { html } from '../../src/http/approvals/html.js';
import { questionPage } from '../../src/http/approvals/page.js';
import { readPayload, valuesOf } from '../../src/http/approvals/payload.js';
import { RateLimit } from '../../src/http/approvals/rate-limit.js';

const string = { type: 'string' };
const object = (properties: Record<string, Json>, required: string[] = []): JsonObject => ({
  type: 'object',
  properties,
  required,
});
const kinds = (schema: JsonObject | null) => fieldsOf(schema).map(({ name, kind }) => [name, kind]);

/** What a form with these texts says. */
function read(schema: JsonObject | null, texts: Record<string, string>) {
  const { payload, problems } = readPayload(fieldsOf(schema), valuesOf(new URLSearchParams(texts)));
  return problems.size > 0 ? Object.fromEntries(problems) : payload;
}

function page(schema: JsonObject | null, texts?: Record<string, string>, message = 'Well?') {
  const values = texts && valuesOf(new URLSearchParams(texts));
  const question = { message, schema, until: null };
  return questionPage({ question, fields: fieldsOf(schema), values, problems: new Map(), general: [] });
}

describe('the fields of a form', () => {
  it.each<[string, JsonObject | null, string]>([
    ['nothing is said', null, 'any'],
    ['anything fits', {}, 'any'],
    ['a boolean', { type: 'boolean' }, 'decision'],
    ['a boolean with a default', { type: 'boolean', default: true }, 'yes_no'],
    ['a text', string, 'text'],
    ['a short text', { ...string, maxLength: 100 }, 'line'],
    ['a longer text', { ...string, maxLength: 101 }, 'text'],
    ['an address', { ...string, format: 'email' }, 'line'],
    ['a number', { type: 'number' }, 'number'],
    ['an integer', { type: 'integer' }, 'number'],
    ['one of some', { type: 'string', enum: ['a', 'b'] }, 'choice'],
    ['a constant', { const: 1 }, 'choice'],
    ['constants with titles', { oneOf: [{ const: 1, title: 'One' }, { const: 2 }] }, 'choice'],
    ['schemas', { oneOf: [string, { const: 2 }] }, 'json'],
    ['a list', { type: 'array' }, 'json'],
    ['a text or nothing', { type: ['string', 'null'] }, 'json'],
    ['a reference', { $ref: '#/$defs/x', $defs: { x: string } }, 'json'],
    ['an object of anything', { type: 'object' }, 'json'],
    ['an object without properties', object({}), 'json'],
    ['an object that needs more', { ...object({ a: string }, ['a', 'b']) }, 'json'],
    ['an object with rules', { ...object({ a: string }), allOf: [{ required: ['y'] }] }, 'json'],
    ['an object with conditions', { ...object({ a: string }), if: { required: ['a'] }, else: false }, 'json'],
    ['an object with dependencies', { ...object({ a: string }), dependentRequired: { a: ['y'] } }, 'json'],
    ['an object of more keys', { ...object({ a: string }), minProperties: 2 }, 'json'],
    ['an object that is never right', object({ a: false }), 'json'],
    ['an object of some values', { ...object({ a: string }), enum: [{ a: 'x' }] }, 'choice'],
    ['an object of 51', object(Object.fromEntries(Array.from({ length: 51 }, (_, i) => [`p${i}`, string]))), 'json'],
  ])('%s is one field', (_, schema, kind) => {
    expect(kinds(schema)).toEqual([['answer', kind]]);
  });

  it('of an object are one for each property, each of its kind', () => {
    const schema = object({
      a: string,
      b: { type: 'array' },
      c: { type: 'object', properties: { d: string } },
      e: true,
    });
    expect(kinds(schema)).toEqual([
      ['answer.a', 'text'],
      ['answer.b', 'json'],
      ['answer.c', 'json'],
      ['answer.e', 'any'],
    ]);
  });

  it('end with the buttons of the one yes or no that must be given', () => {
    const yesNo = { type: 'boolean' };
    expect(kinds(object({ approved: yesNo, why: string }, ['approved']))).toEqual([
      ['answer.why', 'text'],
      ['answer.approved', 'decision'],
    ]);
    const labels = (key: string) => fieldsOf(object({ [key]: yesNo }, [key]))[0]!.choices.map(({ label }) => label);
    expect(labels('approved')).toEqual(['Approve', 'Reject']);
    expect(labels('is_approved')).toEqual(['Approve', 'Reject']);
    expect(labels('unapproved')).toEqual(['Yes', 'No']);
    for (const other of [object({ a: yesNo }), object({ a: yesNo, b: yesNo }, ['a', 'b'])]) {
      expect(fieldsOf(other).some(({ kind }) => kind === 'decision')).toBe(false);
    }
  });

  it('have ids of their own, whatever their names are', () => {
    const ids = fieldsOf(object({ 'a "b"': string, '': string })).map(({ id }: Field) => id);
    expect(ids).toEqual(['field-1', 'field-2']);
  });
});

describe('the answer that a form says', () => {
  const all = object(
    {
      text: string,
      line: { ...string, maxLength: 9 },
      n: { type: 'number' },
      ok: { type: 'boolean' },
      c: { enum: [1, '1', null] },
    },
    ['text', 'ok'],
  );

  it('has values of the types of the schema', () => {
    const texts = { 'answer.text': 'a\r\nb', 'answer.line': '1', 'answer.n': ' -1.5e1 ', 'answer.ok': 'false' };
    expect(read(all, { ...texts, 'answer.c': '"1"' })).toEqual({ text: 'a\nb', line: '1', n: -15, ok: false, c: '1' });
    expect(read(all, { ...texts, 'answer.c': 'null' })).toMatchObject({ c: null });
  });

  it('has nothing of optional fields that are empty, and a text that must be there can be empty', () => {
    expect(read(all, { 'answer.ok': 'true', 'answer.n': '', 'answer.line': '', 'answer.else': 'x' })).toEqual({
      text: '',
      ok: true,
    });
  });

  it.each<[JsonObject | null, string, Json]>([
    [null, '', null],
    [null, 'Looks good, 100 %', 'Looks good, 100 %'],
    [null, '{"a":[1]}', { a: [1] }],
    [null, '42', 42],
    [{ type: 'boolean' }, 'true', true],
    [{ type: 'array' }, '[1, "x"]', [1, 'x']],
    [{ type: 'integer' }, '9007199254740991', 9007199254740991],
    [{ type: 'integer' }, '9007199254740992', 9007199254740992],
    [{ type: 'number' }, '+.99999999999999999', 1],
    [{ type: 'number' }, '-.5', -0.5],
    [{ type: 'number' }, '1.5e300', 1.5e300],
    [string, '42', '42'],
    [string, '', ''],
  ])('%j: %j is %j', (schema, text, value) => {
    expect(read(schema, { answer: text })).toEqual(value);
  });

  it.each<[JsonObject | null, string, string]>([
    [{ type: 'boolean' }, '', 'Please fill this in.'],
    [{ type: 'boolean' }, 'yes', 'Please choose one of these.'],
    [{ enum: ['a'] }, 'a', 'Please choose one of these.'],
    [{ type: 'number' }, '1,5', 'Please give a number.'],
    [{ type: 'number' }, '0x10', 'Please give a number.'],
    [{ type: 'integer' }, '9007199254740993', 'This number has too many digits.'],
    [{ type: 'number' }, '12345678901234567890.5', 'This number has too many digits.'],
    [{ type: 'number' }, '-12345678901234567890.0', 'This number has too many digits.'],
    [{ type: 'number' }, '1234567890123456789e1', 'This number has too many digits.'],
    [{ type: 'number' }, '1e999', 'This number has too many digits.'],
    [{ type: 'array' }, '[1', 'This is not JSON. Texts need double quotes.'],
    [{ type: 'array' }, '[9007199254740993]', expect.stringMatching(/number/) as never],
    [{ type: 'array' }, '[{"__proto__":1}]', 'This has a key that no document can have.'],
    [null, '[{"__proto__":1}]', 'This has a key that no document can have.'],
    [{ type: 'array' }, `${'['.repeat(200)}${']'.repeat(200)}`, 'This is nested too deep.'],
  ])('%j: %j is refused', (schema, text, problem) => {
    expect(read(schema, { answer: text })).toEqual({ answer: problem });
  });
});

describe('what is wrong with an answer', () => {
  const found = (pointer: string) => [{ pointer: `/payload${pointer}`, message: 'Required.' }];
  it.each<[JsonObject, string, string]>([
    [{ type: 'array' }, '', 'Required.'],
    [object({ a: string }, ['a', 'b']), '/b', 'b: Required.'],
    [object({ a: string }, ['a', 'b']), '/c~1d/0', 'c/d/0: Required.'],
  ])('%j at %j is said of the one field, with its place', (schema, pointer, message) => {
    expect([...sortProblems(fieldsOf(schema), found(pointer)).problems]).toEqual([['answer', message]]);
  });

  it('is said of the field that it is about, else of all', () => {
    const fields = fieldsOf(object({ a: string, 'b/c': { type: 'array' } }));
    const { problems, general } = sortProblems(fields, ['/a', '/b~1c/1', '/ab', ''].flatMap(found));
    expect([...problems]).toEqual([
      ['answer.a', 'Required.'],
      ['answer.b/c', '1: Required.'],
    ]);
    expect(general).toEqual(['ab: Required.', 'Required.']);
  });
});

describe('the page of a form', () => {
  const HOSTILE = '</p><script>alert(1)</script>"\'&';

  it('has nothing of what comes from elsewhere as HTML', () => {
    const schema = object({ [HOSTILE]: { type: 'string', title: HOSTILE, description: HOSTILE, default: HOSTILE } });
    const many = object({ x: { enum: [HOSTILE, 1, 2, 3, 4, 5, 6] }, y: { enum: [HOSTILE] }, z: { type: 'array' } });
    const texts = { [`answer.${HOSTILE}`]: HOSTILE, 'answer.z': `</textarea>${HOSTILE}` };
    for (const text of [page(schema, undefined, HOSTILE), page(schema, texts), page(many, texts, HOSTILE)]) {
      expect(text).not.toMatch(/<script|<\/textarea>&lt;\/p|alert\(1\)<\/script/);
      expect(text.match(/<\/p>/g)?.length).toBe(text.match(/<p[ >]/g)?.length);
      expect(text).toContain('&lt;/p&gt;&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;');
    }
  });

  it('keeps what was put into it, and begins with the defaults of the schema', () => {
    const schema = object({
      a: { ...string, default: 'given' },
      n: { type: 'number', default: 2, minimum: 1, maximum: 5 },
      c: { enum: ['red', 'green'], default: 'green' },
      l: { enum: [1, 2, 3, 4, 5, 6, 7], default: 7 },
      j: { type: 'array', default: [1] },
    });
    const fresh = page(schema);
    expect(fresh).toContain('name="answer.a">\ngiven</textarea>');
    expect(fresh).toMatch(/type="number" step="any" min="1" max="5" [^>]*value="2"/);
    expect(fresh).toContain('value="&quot;green&quot;" checked');
    expect(fresh).toContain('<option value="7" selected>7</option>');
    expect(fresh).toContain('[1]</textarea>');
    const filled = page(schema, { 'answer.a': 'mine', 'answer.c': '"red"', 'answer.l': '' });
    expect(filled).toContain('name="answer.a">\nmine</textarea>');
    expect(filled).toContain('value="&quot;red&quot;" checked');
    expect(filled).not.toMatch(/selected|\[1\]/);
  });

  it('begins with a button that does nothing if others decide, so that Enter does not', () => {
    const asks = object({ approved: { type: 'boolean' }, n: { type: 'number' } }, ['approved']);
    const [first = ''] = page(asks).match(/<button[^>]*>/) ?? [];
    expect(first).toContain('disabled');
    expect(page(object({ n: { type: 'number' } })).match(/<button[^>]*>/g)).toEqual(['<button type="submit">']);
  });
});

it('HTML is made of text, unless it is HTML', () => {
  const bold = html`<b>${'<'}</b>`;
  expect(html`${bold}${[bold, bold]}${null}${undefined}${false}${0}${'"'}`.text).toBe(
    `${'<b>&lt;</b>'.repeat(3)}0&quot;`,
  );
});

describe('a rate limit', () => {
  it('lets a burst in, then as many as time goes by, for each key', () => {
    let now = 0;
    const limit = new RateLimit({ burst: 3, perSecond: 0.5, now: () => now });
    const take = (times: number, key = 'a') => Array.from({ length: times }, () => limit.take(key));
    expect(take(4)).toEqual([0, 0, 0, 2]);
    expect(take(1, 'b')).toEqual([0]);
    now += 1000;
    expect(take(1)).toEqual([1]);
    now += 1000;
    expect(take(2)).toEqual([0, 2]);
    now += 60_000;
    expect(take(4)).toEqual([0, 0, 0, 2]);
  });

  it('remembers a bounded number of keys', () => {
    const limit = new RateLimit({ burst: 1, perSecond: 0.001, now: () => 0 });
    limit.take('first');
    expect(limit.take('first')).toBe(1000);
    for (let other = 0; other < 10_000; other++) limit.take(`other ${other}`);
    expect(limit.take('first')).toBe(0);
  });
});

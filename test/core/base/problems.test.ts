import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { addNumberProblems, MAX_PROBLEMS, numberProblemsIn, problemsOf } from '../../../src/core/base/problems.js';
import { finishSteps } from '../../../src/core/base/steps.js';

const schema = z.strictObject({
  name: z.string().max(3),
  kind: z.enum(['a', 'b']).optional(),
  items: z.array(z.strictObject({ tool_name: z.string() })).default([]),
  table: z
    .record(z.string().min(2), z.strictObject({ value: z.number() }))
    .nullable()
    .optional(),
  exact: z.strictObject({ inner: z.string() }).exactOptional(),
  either: z.union([z.strictObject({ left: z.string() }), z.string()]).optional(),
  even: z
    .number()
    .refine((n) => n % 2 === 0, 'must be even')
    .optional(),
});

function problems(value: unknown, of: z.ZodType = schema) {
  return problemsOf(of, value, of.safeParse(value).error?.issues ?? []);
}

describe('problemsOf', () => {
  it('has nothing to say of what fits', () => {
    expect(problems({ name: 'x' })).toEqual([]);
  });

  it('tells what is missing from what is of the wrong type', () => {
    expect(problems({ items: [{}], kind: 'c' })).toEqual([
      { pointer: '/name', code: 'required', message: 'Required.' },
      { pointer: '/kind', code: 'invalid_value', message: expect.stringContaining('"a"|"b"') },
      { pointer: '/items/0/tool_name', code: 'required', message: 'Required.' },
    ]);
    expect(problems({ name: null })).toEqual([{ pointer: '/name', code: 'invalid_type', message: expect.any(String) }]);
  });

  it.each([[null], [undefined]])('calls a document that is %s missing', (value) => {
    expect(problems(value)).toEqual([{ pointer: '', code: 'required', message: 'Required.' }]);
    expect(problems(5)).toMatchObject([{ pointer: '', code: 'invalid_type' }]);
  });

  it('points at each unknown key, with the nearest known key of that place', () => {
    const value = {
      name: 'x',
      nam: 1,
      items: [{ tool_name: 't', toolname: 1 }],
      table: { 'a/b': { value: 1, valu: 2 } },
      exact: { inner: 'i', iner: 1 },
    };
    expect(problems(value)).toEqual([
      {
        pointer: '/items/0/toolname',
        code: 'unknown_key',
        message: 'Unknown key "toolname".',
        hint: 'Did you mean "tool_name"?',
      },
      {
        pointer: '/table/a~1b/valu',
        code: 'unknown_key',
        message: 'Unknown key "valu".',
        hint: 'Did you mean "value"?',
      },
      { pointer: '/exact/iner', code: 'unknown_key', message: 'Unknown key "iner".', hint: 'Did you mean "inner"?' },
      { pointer: '/nam', code: 'unknown_key', message: 'Unknown key "nam".', hint: 'Did you mean "name"?' },
    ]);
  });

  it('cuts long names in messages, never in pointers', () => {
    const long = 'k'.repeat(500);
    const [problem] = problems({ name: 'x', [long]: 1 });
    expect(problem?.pointer).toBe(`/${long}`);
    expect(problem?.message).toBe(`Unknown key "${'k'.repeat(100)}…".`);
  });

  it('gives other problems their codes', () => {
    expect(problems({ name: 'long', table: { a: { value: 1 } }, even: 3, either: 5 })).toEqual([
      { pointer: '/name', code: 'too_big', message: expect.any(String) },
      { pointer: '/table/a', code: 'invalid_key', message: expect.stringMatching(/^Invalid key\. Too small/) },
      { pointer: '/either', code: 'invalid_union', message: expect.any(String) },
      { pointer: '/even', code: 'invalid_value', message: 'must be even' },
    ]);
  });

  it('says of a value that can have several forms what is wrong with the one that it has', () => {
    const policy = z.strictObject({ most: z.int(), name: z.string().optional() });
    const schema = z.strictObject({ retry: z.union([policy, z.array(policy), z.string().min(1)], 'none of them') });
    const found = (retry: unknown) =>
      problems({ retry }, schema).map(({ pointer, code, hint }) => [pointer, code, hint]);
    expect(found({ most: 'x' })).toEqual([['/retry/most', 'invalid_type', undefined]]);
    expect(found({ most: 1, nam: 'x' })).toEqual([['/retry/nam', 'unknown_key', 'Did you mean "name"?']]);
    expect(found([{ most: 1 }, {}])).toEqual([['/retry/1/most', 'required', undefined]]);
    expect(found([{ most: 1, nam: 'x' }])).toEqual([['/retry/0/nam', 'unknown_key', 'Did you mean "name"?']]);
    expect(found('')).toEqual([['/retry', 'too_small', undefined]]);
    expect(problems({ retry: 5 }, schema)).toEqual([
      { pointer: '/retry', code: 'invalid_union', message: 'none of them' },
    ]);
    const alike = z.strictObject({ retry: z.union([policy, z.strictObject({ other: z.int() })]) });
    expect(problems({ retry: {} }, alike)).toMatchObject([{ pointer: '/retry', code: 'invalid_union' }]);
  });

  it('knows no keys behind what it cannot follow', () => {
    const piped = z.strictObject({ in: z.strictObject({ known: z.string() }).transform((value) => value) });
    expect(problems({ in: { known: 'x', knwn: 1 } }, piped)).toEqual([
      { pointer: '/in/knwn', code: 'unknown_key', message: 'Unknown key "knwn".' },
    ]);
    const tuple = z.tuple([z.strictObject({ known: z.string() })]);
    expect(problems([{ known: 'x', knwn: 1 }], tuple)).toMatchObject([{ pointer: '/0/knwn', code: 'unknown_key' }]);
  });

  it('stays small and quick, however much is wrong', () => {
    const value = { name: 'x', ...Object.fromEntries([...Array(5000).keys()].map((n) => [`nam${n}`, n])) };
    const found = problems(value);
    expect(found).toHaveLength(MAX_PROBLEMS);
    expect(found.filter((problem) => problem.hint !== undefined).length).toBeLessThanOrEqual(20);
    const many = problems(Array(3000).fill({ a: 1 }), z.array(z.strictObject({})));
    expect(many).toHaveLength(MAX_PROBLEMS);
  });
});

describe('addNumberProblems', () => {
  const found = [
    { pointer: '/a', code: 'invalid_type', message: 'Must be a string.' },
    { pointer: '/b', code: 'required', message: 'Required.' },
  ];

  it('adds nothing if every number is one', () => {
    expect(addNumberProblems({ a: 1 }, found)).toBe(found);
  });

  it('says of a number that is too large only that', () => {
    expect(addNumberProblems({ a: Number.POSITIVE_INFINITY }, found)).toEqual([
      { pointer: '/a', code: 'invalid_value', message: 'The number is too large: numbers go up to 1.7e308.' },
      found[1],
    ]);
  });
});

describe('numberProblemsIn', () => {
  const numbersIn = (text: string) => finishSteps(numberProblemsIn(text));

  it('says which numbers of a text would become others', () => {
    expect(numbersIn('{"a":1e400,"b":[1234567890123456789],"c":100000000000000000000,"d":0.1}')).toEqual([
      { pointer: '/a', code: 'invalid_value', message: 'The number is too large: numbers go up to 1.7e308.' },
      { pointer: '/b/0', code: 'invalid_value', message: expect.stringMatching(/53 bits.*Send it as a string/) },
    ]);
  });

  it('has a limit', () => {
    expect(numbersIn(`[${'1e400,'.repeat(MAX_PROBLEMS)}1e400]`)).toHaveLength(MAX_PROBLEMS);
  });
});

import { Environment } from '@marcbachmann/cel-js';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { copyJson, type JsonObject } from '../../../src/core/base/json.js';
import { compileExpression, ExpressionError, type Scope } from '../../../src/core/expressions/expressions.js';

const HOSTILE = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'toJSON', 'then', 'size'];

/** Pieces of expressions, so that what is generated is close to what parses. */
const token = fc.constantFrom(
  ...[
    'data',
    'input_data',
    'run',
    'secrets',
    'x',
    'secrets.KEY',
    '.',
    '.?',
    '[',
    ']',
    '[?',
    '(',
    ')',
    '{',
    '}',
    ',',
    ':',
  ],
  ...['+', '-', '*', '/', '%', '<', '<=', '==', '!=', 'in', '&&', '||', '!', '?', '0', '1', '2.5', '1e9', '"a"', "'b'"],
  ...[
    'true',
    'null',
    '[]',
    '{}',
    '.all(x, ',
    '.map(x, ',
    '.filter(x, x)',
    'has(data.a)',
    'size(',
    '.size()',
    '.a',
    '.b',
  ],
  ...[
    '.orValue(1)',
    '.split("")',
    '.join()',
    '.substring(1)',
    '.indexOf("a")',
    'string(',
    'int(',
    '"""',
    '//',
    '\\',
    ' ',
  ],
  ...HOSTILE.map((name) => `.${name}`),
);
const noise = fc.oneof(
  fc.array(token, { maxLength: 20 }).map((parts) => parts.join('')),
  fc.string({ maxLength: 60 }),
);

/** Expressions that parse. */
const { whole } = fc.letrec<{ whole: string }>((tie) => ({
  whole: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom('data.a', 'data.b', 'input_data', 'data', 'run.step', '1.0', '2.5', '"a"', '"é😀"', 'true', 'null'),
    fc
      .tuple(tie('whole'), fc.constantFrom('+', '-', '*', '<', '>=', '==', '!=', 'in', '&&', '||'), tie('whole'))
      .map(([left, operator, right]) => `(${left} ${operator} ${right})`),
    fc.tuple(tie('whole'), tie('whole'), tie('whole')).map(([a, b, c]) => `(${a} ? ${b} : ${c})`),
    fc.array(tie('whole'), { maxLength: 3 }).map((items) => `[${items.join(', ')}]`),
    fc
      .array(fc.tuple(fc.constantFrom('a', 'b', ...HOSTILE), tie('whole')), { maxLength: 3 })
      .map((entries) => `{${entries.map(([key, value]) => `"${key}": ${value}`).join(', ')}}`),
    fc
      .tuple(tie('whole'), fc.constantFrom('.a', '.b', '["a"]', '[0]', '.size()', '.startsWith("a")', '.split("a")'))
      .map(([value, access]) => value + access),
    fc
      .tuple(
        tie('whole'),
        fc.constantFrom('all', 'exists', 'map', 'filter', 'exists_one'),
        fc.constantFrom('x != 1.0', 'x'),
      )
      .map(([list, macro, body]) => `${list}.${macro}(x, ${body})`),
    tie('whole').map((value) => `!${value}`),
    tie('whole').map((value) => `size(${value})`),
  ),
}));

const json = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom(null, true, 0, 1, 2.5, 'a', 'é😀'),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.constantFrom('a', 'b', ...HOSTILE), tie('value'), { maxKeys: 4 }),
  ),
})).value;

const scopes = fc.record({ a: json, b: json, input_data: json }).map(({ a, b, input_data }) => {
  const scope = { input_data, data: { a, b }, run: { step: 1, index: 0 }, secrets: { KEY: 'hunter2' } };
  return { ...(copyJson(scope) as JsonObject) } as unknown as Scope;
});

test('whatever the source and the state, there is a value, a problem or an ExpressionError, and nothing changes', () => {
  fc.assert(
    fc.property(fc.oneof(noise, whole), scopes, (source, scope) => {
      const before = JSON.stringify(scope);
      const { expression, problem } = compileExpression(source, { secrets: true });
      if (expression === undefined) expect(problem.message).not.toBe('');
      else {
        try {
          const { value, reads } = expression.evaluate(scope);
          expect(copyJson(value)).toEqual(value);
          expect(JSON.stringify(reads)).not.toContain('hunter2');
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(ExpressionError);
          expect((thrown as Error).message).not.toContain('hunter2');
        }
      }
      expect(JSON.stringify(scope)).toBe(before);
      expect(Object.hasOwn(Object.prototype, 'a')).toBe(false);
    }),
    { numRuns: 2000 },
  );
});

test('the same source and state give the same value', () => {
  fc.assert(
    fc.property(whole, scopes, (source, scope) => {
      const once = outcome(source, scope);
      expect(outcome(source, scope)).toEqual(once);
    }),
    { numRuns: 300 },
  );
});

test('where both have a value, it is the one that the library computes', () => {
  const library = new Environment({ unlistedVariablesAreDyn: true, homogeneousAggregateLiterals: false });
  let compared = 0;
  fc.assert(
    fc.property(whole, scopes, (source, scope) => {
      // The library drops these keys from maps, silently.
      fc.pre(!HOSTILE.some((name) => source.includes(name)));
      const ours = outcome(source, scope);
      let theirs: unknown;
      try {
        theirs = JSON.parse(
          JSON.stringify(library.evaluate(source, scope), (_, value) =>
            typeof value === 'bigint' ? Number(value) : value,
          ),
        );
      } catch {
        return;
      }
      if (ours === undefined) return;
      compared += 1;
      expect(ours).toEqual(theirs);
    }),
    { numRuns: 2000 },
  );
  expect(compared).toBeGreaterThan(300);
});

function outcome(source: string, scope: Scope): unknown {
  try {
    return compileExpression(source, { secrets: false }).expression?.evaluate(scope).value;
  } catch {
    return undefined;
  }
}

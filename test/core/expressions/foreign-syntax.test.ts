import { expect, it } from 'vitest';
import { compileExpression } from '../../../src/core/expressions/expressions.js';

const problemOf = (source: string) => compileExpression(source, { secrets: false }).problem;

it.each([
  ['data.x = 1', 'Write "==" to compare.'],
  ['data.x == 1 && has(data.y)=true', 'Write "==" to compare.'],
  ['data.`a = b` = 1', 'Write "==" to compare.'],
  ['data.x === 1', 'Write "==" to compare.'],
  ['data.x !== 1', 'Write "!=" for "is not equal".'],
  ['data.x <> 1', 'Write "!=" for "is not equal".'],
  ['data.x and data.y', 'Write "&&" for "and".'],
  ['data.x & data.y', 'Write "&&" for "and".'],
  ['data.x OR data.y', 'Write "||" for "or".'],
  ['data.x | data.y', 'Write "||" for "or".'],
  ['not data.x', 'Write "!" for "not".'],
  ['data.x && not data.y', 'Write "!" for "not".'],
  ['${ data.x }', 'The expression stands alone here: remove "${" and "}".'],
  ['{{ data.x }}', 'Remove the braces around the expression.'],
  ['{ data.x }', 'Remove the braces around the expression.'],
])('says what to write in place of: %s', (source, hint) => {
  expect(problemOf(source)).toMatchObject({ hint });
});

it.each(['data.x ~ 1', 'data.android 1', '"a = b" 5', 'data.x orange', '{"a" 1}'])(
  'gives no wrong hint for: %s',
  (source) => {
    const problem = problemOf(source);
    expect(problem?.message).toMatch(/^(Unexpected|Expected)/);
    expect(problem).not.toHaveProperty('hint');
  },
);

it.each(['data.x == 1', '"a = b" == "and"', 'data.order != data.note', '{"a": {"b": 1}}', 'data.`and` || true', '{}'])(
  'takes what is right: %s',
  (source) => {
    expect(problemOf(source)).toBeUndefined();
  },
);

import { expect, it } from 'vitest';
import type { Json } from '../../../src/core/base/json.js';
import { SCHEMA_PROBLEMS, VALUE_PROBLEMS, type ValueProblem } from '../../../src/core/json-schema/codes.js';
import { compileJsonSchema } from '../../../src/core/json-schema/json-schema.js';

/** A schema and a value for each code. A new code does not compile without them. */
const EXAMPLES: Readonly<Record<ValueProblem['code'], readonly [schema: object, value: Json]>> = {
  required: [{ required: ['a'] }, {}],
  unknown_key: [{ additionalProperties: false }, { a: 1 }],
  invalid_type: [{ type: 'string' }, 1],
  invalid_value: [{ minimum: 1 }, 0],
};

it.each(Object.keys(VALUE_PROBLEMS) as ValueProblem['code'][])('a problem of a value: %s', (code) => {
  const [schema, value] = EXAMPLES[code];
  expect(
    compileJsonSchema(schema)
      .schema?.validate(value)
      .map((problem) => problem.code),
  ).toEqual([code]);
});

it('a problem of a schema', () => {
  const codes = compileJsonSchema({ type: 'bool' }).problems?.map(({ code }) => code);
  expect([...new Set(codes)]).toEqual(Object.keys(SCHEMA_PROBLEMS));
});

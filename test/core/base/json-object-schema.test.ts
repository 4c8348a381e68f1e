import { expect, it } from 'vitest';
import { z } from 'zod';
import { jsonObjectSchema } from '../../../src/core/base/json-object-schema.js';

const record = z.strictObject({ values: z.record(z.string(), z.unknown()).optional() });
const ours = z.strictObject({ values: jsonObjectSchema.optional() });

it.each([{}, [], null, 'text', 1, undefined, new Map()])('says of %j what a record says', (values) => {
  const [theirs, mine] = [record.safeParse({ values }), ours.safeParse({ values })];
  expect(mine.success).toBe(theirs.success);
  expect(mine.error?.issues).toEqual(theirs.error?.issues);
});

it('is described as a record is', () => {
  expect(z.toJSONSchema(ours)).toEqual(z.toJSONSchema(record));
});

it('passes an object on as it is, without a look at its keys', () => {
  const values = new Proxy(
    {},
    {
      ownKeys: () => {
        throw new Error('looked');
      },
    },
  );
  expect(ours.parse({ values }).values).toBe(values);
});

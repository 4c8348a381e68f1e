import { describe, expect, it } from 'vitest';
import { finishSteps } from '../../../src/core/base/steps.js';
import { compileSchemas } from '../../../src/core/json-schema/compile-schemas.js';
import { compileJsonSchema } from '../../../src/core/json-schema/json-schema.js';
import { schemasIn } from '../../../src/core/tool/param-schemas.js';
import { defineTool, SCHEMA_PARAMS } from '../../../src/core/tool/tool.js';

const plain = defineTool({ name: 'plain', run: () => ({}) });
const asking = defineTool({ name: 'asking', [SCHEMA_PARAMS]: ['schema', 'other'], run: () => ({}) });

describe('params that are JSON Schemas', () => {
  it('are those that the tool names, as far as they are there', () => {
    expect(schemasIn(asking, { schema: true, more: 1 })).toEqual([true]);
    expect(schemasIn(asking, { other: 1, schema: {} })).toEqual([{}, 1]);
    expect(schemasIn(asking, 'text')).toEqual([]);
    expect(schemasIn(plain, { schema: true })).toEqual([]);
  });

  it('are compiled in many steps, and are known after that', () => {
    const properties = Object.fromEntries(Array.from({ length: 200 }, (_, at) => [`k${at}`, { minLength: at }]));
    const schema = { title: 'of this test', type: 'object', properties };
    expect([...compileSchemas([schema])].length).toBeGreaterThan(10);
    expect([...compileSchemas([schema])]).toEqual([]);
    expect(compileJsonSchema(schema).schema).toBe(compileJsonSchema(schema).schema);
  });

  it('are left to the check of the params if they are none', () => {
    expect(finishSteps(compileSchemas([1, { type: 'nothing' }]))).toBeUndefined();
  });
});

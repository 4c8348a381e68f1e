import { expect, it } from 'vitest';
import { createRegistry } from '../../../../src/core/tool/registry.js';
import { SCHEMA_PARAMS } from '../../../../src/core/tool/tool.js';
import { diagnose } from '../../../helpers/all-steps.js';
import { definitionOf } from '../../../helpers/run-driver.js';

const registry = createRegistry([{ name: 'asks', [SCHEMA_PARAMS]: ['schema', 'other/schema'], run: () => ({}) }]);

it('warns of formats that are not checked, in every schema of a graph', () => {
  const unknown = { properties: { day: { format: 'date' }, code: { format: 'zip' } } };
  const nodes = [
    { name: 'a', tool_name: 'asks', params: { schema: unknown, 'other/schema': { format: 'made-up' }, text: unknown } },
    { name: 'b', tool_name: 'asks', params: { schema: '${ data.schema }' } },
  ];
  const edges = [{ from_node: 'a', to_node: 'b' }];
  const { warnings } = diagnose(definitionOf({ entry_point: 'a', nodes, edges, input_schema: unknown }), registry);
  expect(warnings.map(({ code, pointer }) => `${code} ${pointer}`)).toEqual([
    'unknown_format /input_schema/properties/code/format',
    'unknown_format /nodes/0/params/schema/properties/code/format',
    'unknown_format /nodes/0/params/other~1schema/format',
  ]);
});

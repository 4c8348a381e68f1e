import { describe, expect, it } from 'vitest';
import { linkNodes } from '../../../../src/core/graph/doctor/links.js';
import { findEndlessRecursion } from '../../../../src/core/graph/doctor/recursion.js';
import { createRegistry } from '../../../../src/core/tool/registry.js';
import { definitionOf } from '../../../helpers/run-driver.js';

const registry = createRegistry([{ name: 'free', choose: () => 'END' }]);
const self = { tool_name: 'run_graph', params: { graph_id: 'own' } };

function placesIn(names: Record<string, object>, document: object = {}) {
  const nodes = Object.entries(names).map(([name, node]) => ({ name, tool_name: 'work', ...node }));
  const definition = definitionOf({ graph_id: 'own', entry_point: 'a', nodes, ...document });
  return findEndlessRecursion(definition, linkNodes(definition, registry)).map(({ pointer }) => pointer);
}

const edges = [{ from_node: 'a', to_node: 'b' }];
const cases = [{ when: 'true', to_node: 'b' }];

describe('endless recursion', () => {
  it('is a call of the graph itself on every way to an end', () => {
    const definition = definitionOf({ graph_id: 'own', entry_point: 'a', nodes: [{ name: 'a', ...self }] });
    expect(findEndlessRecursion(definition, linkNodes(definition, registry))).toEqual([
      {
        pointer: '/nodes/0/params/graph_id',
        code: 'endless_recursion',
        message:
          'The graph runs itself here, and has no way to an end before. Add one, for example a conditional edge to "END".',
      },
    ]);
    expect(placesIn({ a: {}, b: self }, { edges })).toEqual(['/nodes/1/params/graph_id']);
    const conditional_edges = [{ from_node: 'a', cases: [...cases, { when: 'true', to_node: 'c' }], otherwise: 'd' }];
    expect(
      placesIn({ c: self, a: {}, b: self, d: {} }, { conditional_edges, edges: [{ from_node: 'd', to_node: 'b' }] }),
    ).toEqual(['/nodes/0/params/graph_id', '/nodes/2/params/graph_id']);
  });

  it('is not where a run can end without it', () => {
    expect(placesIn({ a: {}, b: self }, { conditional_edges: [{ from_node: 'a', cases, otherwise: 'END' }] })).toEqual(
      [],
    );
    expect(
      placesIn({ a: {}, b: self }, { conditional_edges: [{ from_node: 'a', condition_function: 'free' }] }),
    ).toEqual([]);
    expect(placesIn({ a: {}, b: self })).toEqual([]);
  });

  it('is not the start of a run that is not waited for', () => {
    expect(placesIn({ a: { ...self, params: { ...self.params, wait: false } } })).toEqual([]);
    expect(placesIn({ a: { ...self, params: { ...self.params, wait: true } } })).toHaveLength(1);
  });

  it('is not the call of another graph, of an older version, or of one that is not known yet', () => {
    expect(placesIn({ a: { ...self, params: { graph_id: 'other' } } })).toEqual([]);
    expect(placesIn({ a: { ...self, params: { graph_id: 'own', version: 1 } } })).toEqual([]);
    expect(placesIn({ a: { ...self, params: { graph_id: '${ data.id }' } } })).toEqual([]);
    expect(placesIn({ a: { params: self.params } })).toEqual([]);
    expect(placesIn({ a: self }, { graph_id: undefined })).toEqual([]);
  });

  it('is not looked for where runs cannot begin', () => {
    expect(placesIn({ a: self }, { entry_point: 'x' })).toEqual([]);
  });
});

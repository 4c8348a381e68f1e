import type { ExampleGraph } from '../../core/graph/example.js';

const DESCRIPTION = `A branch for each parcel of a list, three at a time: about six seconds.

What to look at: the bar of the branches fills as they end. One parcel is lost, and its branch fails. The graph tolerates
one failure, so the run continues, and "report" says which it was.`;

/** A branch for each item of a list, a few at a time, of which one can fail. */
export const parcels: ExampleGraph = {
  definition: {
    graph_id: 'demo-parcels',
    name: 'Demo: a branch for each parcel',
    description: DESCRIPTION,
    entry_point: 'open_depot',
    input_schema: {
      type: 'object',
      properties: { parcels: { type: 'array', items: { type: 'string' }, minItems: 1, maxItems: 100 } },
      required: ['parcels'],
      additionalProperties: false,
    },
    nodes: [
      { name: 'open_depot', tool_name: 'set_data', params: { values: { parcels: '${ size(input_data.parcels) }' } } },
      {
        name: 'look',
        tool_name: 'demo_work',
        params: { seconds: 0.5, says: 'Looking for the parcel "${ run.item }"' },
      },
      { name: 'deliver', tool_name: 'demo_work', params: { seconds: 1.5, says: 'Delivering "${ run.item }"' } },
      {
        name: 'lost',
        tool_name: 'fail',
        params: { message: 'The parcel "${ run.item }" is not there.', code: 'parcel_lost' },
      },
      {
        name: 'report',
        tool_name: 'set_data',
        params: {
          values: {
            delivered: '${ data.deliveries.filter(each, each != null).size() }',
            lost: '${ data.errors.map(each, input_data.parcels[each.index]) }',
          },
        },
      },
    ],
    edges: [],
    conditional_edges: [
      { from_node: 'look', cases: [{ when: 'run.item == "lost"', to_node: 'lost' }], otherwise: 'deliver' },
    ],
    for_each_edges: [
      {
        from_node: 'open_depot',
        items: '${ input_data.parcels }',
        to_node: 'look',
        join_node: 'report',
        collect_as: 'deliveries',
        max_parallel: 3,
        max_failures: 1,
        collect_errors_as: 'errors',
      },
    ],
  },
  start: {
    inputData: { parcels: ['books', 'shoes', 'lost', 'tea', 'lamp', 'bread', 'pens', 'map'] },
    metadata: { demo: 'parcels' },
  },
  answer: null,
};

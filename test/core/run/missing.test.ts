import { expect, it } from 'vitest';
import { missingAt } from '../../../src/core/run/missing.js';
import { defineCondition, defineTool } from '../../../src/core/tool/tool.js';
import { compiled, RunDriver } from '../../helpers/run-driver.js';

const tool = defineTool({ name: 'known', run: () => ({}) });
const condition = defineCondition({ name: 'chooses', choose: () => 'END' });
const document = {
  entry_point: 'first',
  nodes: [
    { name: 'first', tool_name: 'known' },
    { name: 'second', tool_name: 'away' },
  ],
  edges: [{ from_node: 'first', to_node: 'second' }],
  conditional_edges: [{ from_node: 'second', condition_function: 'chooses' }],
};

it('names the tool of the node where the run is, and the condition that leads from it', () => {
  const graph = compiled(document, [tool]);
  const driver = new RunDriver(graph);
  expect(missingAt(graph, driver.state)).toEqual([]);
  driver.append({ type: 'run.started', next: 'first' });
  expect(missingAt(graph, driver.state)).toEqual([]);
  driver.append({ type: 'run.started', next: 'second' });
  expect(missingAt(graph, driver.state)).toEqual(['away', 'chooses']);
  expect(missingAt(compiled(document, [tool, condition]), driver.state)).toEqual(['away']);
  driver.append({ type: 'cancel.requested' });
  expect(missingAt(graph, driver.state)).toEqual([]);
});

it('names nothing of a run that is paused, unless its children come to something', () => {
  const graph = compiled(document, [tool]);
  const driver = new RunDriver(graph);
  driver.append({ type: 'run.started', next: 'second' }, { type: 'pause.requested' });
  expect(missingAt(graph, driver.state)).toEqual([]);
  const wait = { kind: 'graph', until: null, save_as: 'second', graph_id: 'g', graph_version: 1 } as const;
  driver.append({ type: 'wait.started', step: 1, node: 'second', attempt: 1, logs: [], wait });
  expect(missingAt(graph, driver.state)).toEqual(['away', 'chooses']);
});

it('names only what is not registered, and nothing of a run that has ended', () => {
  const away = defineTool({ name: 'away', run: () => ({}) });
  const graph = compiled(document, [tool, away]);
  const driver = new RunDriver(graph);
  driver.append({ type: 'run.started', next: 'second' });
  expect(missingAt(graph, driver.state)).toEqual(['chooses']);
  driver.append({ type: 'run.failed', error: { code: 'tool_failed', message: 'boom', node: 'second', step: 1 } });
  expect(missingAt(graph, driver.state)).toEqual([]);
});

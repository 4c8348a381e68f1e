import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../../src/core/base/json.js';
import { createRegistry } from '../../../../src/core/tool/registry.js';
import { delay } from '../../../../src/tools/delay.js';
import { runGraph } from '../../../../src/tools/run-graph.js';
import { waitForInput } from '../../../../src/tools/wait-for-input.js';
import { waitForSignal } from '../../../../src/tools/wait-for-signal.js';
import { diagnose } from '../../../helpers/all-steps.js';
import { definitionOf } from '../../../helpers/run-driver.js';

const now = () => 0;
const waits = [delay(now), waitForInput(now), waitForSignal(now), runGraph];
const registry = createRegistry([...waits, { name: 'work', run: () => ({}) }]);

function warningsOf(tool_name: string, params: JsonObject, fields = {}) {
  const nodes = [{ name: 'a', tool_name, params, ...fields }];
  const { errors, warnings } = diagnose(definitionOf({ entry_point: 'a', nodes }), registry);
  expect(errors).toEqual([]);
  return warnings;
}

it('a target of callbacks whose secret is not set is told, with its place', () => {
  const target = (secret: string) => ({ url: 'https://a.example/', on: ['failed'], secret });
  const nodes = [{ name: 'a', tool_name: 'work' }];
  const graph = definitionOf({ entry_point: 'a', nodes, notify: [target('HOOK'), target('OTHER')] });
  expect(diagnose(graph, registry).warnings).toEqual([]);
  expect(diagnose(graph, registry, { isSecretSet: (name) => name === 'HOOK' }).warnings).toEqual([
    {
      pointer: '/notify/1/secret',
      code: 'unset_secret',
      message: 'The secret "OTHER" is not set. Set SECRET_OTHER in the environment of the server.',
    },
  ]);
});

it.each([
  [{ description: 'Adds.', input_schema: {} }, []],
  [{ input_schema: {} }, ['As a tool of agents the graph needs a "description", which says when to call it.']],
  [{ description: 'Adds.' }, ['As a tool of agents the graph needs an "input_schema", which says with what.']],
])('a graph that is a tool and has %j says what it lacks', (fields, messages) => {
  const graph = definitionOf({
    ...fields,
    entry_point: 'a',
    nodes: [{ name: 'a', tool_name: 'work' }],
    expose_as_tool: true,
  });
  expect(diagnose(graph, registry).warnings.map(({ message }) => message)).toEqual(messages);
});

describe('retry and timeout_seconds', () => {
  const SETTINGS = { retry: { max_attempts: 3 }, timeout_seconds: 1 };

  it.each([
    ['delay', { seconds: 1 }, ['/nodes/0/retry', '/nodes/0/timeout_seconds']],
    // What expires is asked again, and a child that fails is tried again.
    ['wait_for_input', { message: 'ok?' }, ['/nodes/0/timeout_seconds']],
    ['wait_for_signal', { name: 'go' }, ['/nodes/0/timeout_seconds']],
    ['run_graph', { graph_id: 'other' }, ['/nodes/0/timeout_seconds']],
    ['work', {}, []],
  ])('do nothing for what only waits: %s', (tool, params, pointers) => {
    const warnings = warningsOf(tool, params, SETTINGS);
    expect(warnings.map(({ code, pointer }) => ({ code, pointer }))).toEqual(
      pointers.map((pointer) => ({ code: 'unused_setting', pointer })),
    );
    expect(warningsOf(tool, params)).toEqual([]);
  });

  it('are told why', () => {
    expect(warningsOf('wait_for_input', { message: 'ok?' }, { timeout_seconds: 1 })[0]?.message).toBe(
      '"timeout_seconds" does nothing for "wait_for_input". It limits the call of the tool, and not the wait that follows. Use the param expires_in_seconds.',
    );
  });
});

describe('double braces', () => {
  it('are told once for each text, in the order of the document', () => {
    const params = { 'a/b': ['{{ data.x }} and {{y}}', { z: 'Dear {{#name}}, {{name.first}}' }], c: '${ 1 } {{_a}}' };
    expect(warningsOf('work', params)).toEqual([
      {
        pointer: '/nodes/0/params/a~1b/0',
        code: 'double_braces',
        message: '"{{ data.x }}" is passed on as it stands: only "${ expression }" becomes a value.',
      },
      expect.objectContaining({
        pointer: '/nodes/0/params/a~1b/1/z',
        message: expect.stringContaining('{{name.first}}'),
      }),
      expect.objectContaining({ pointer: '/nodes/0/params/c', message: expect.stringContaining('{{_a}}') }),
    ]);
  });

  it('show the beginning of long ones', () => {
    expect(warningsOf('work', { text: `{{ ${'x'.repeat(90)} }}` })[0]?.message).toContain(`{{ ${'x'.repeat(37)}…`);
  });

  it.each([
    '{ "a": { "b": {} }}',
    '{{}} {{ 5 }}',
    'a {{ b',
    '${ {"a": {"b": data.x}} }',
    '${ "{{ name }}" }',
    `{{ ${'x'.repeat(300)} }}`,
    '}} {{',
  ])('are no templates in: %s', (text) => {
    expect(warningsOf('work', { text, number: 5, none: null })).toEqual([]);
  });

  it('are not told of in text that is an error anyhow', () => {
    const nodes = [{ name: 'a', tool_name: 'work', params: { text: '{{ x }} ${ data.y' } }];
    const { errors, warnings } = diagnose(definitionOf({ entry_point: 'a', nodes }), registry);
    expect([errors.map(({ code }) => code), warnings]).toEqual([['invalid_expression'], []]);
  });

  it('are found in large params, in steps', () => {
    const list = Array.from({ length: 5000 }, (_, index) => (index === 4999 ? '{{ x }}' : index));
    expect(warningsOf('work', { list })).toMatchObject([{ pointer: '/nodes/0/params/list/4999' }]);
  });
});

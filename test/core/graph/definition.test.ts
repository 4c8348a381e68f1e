import { describe, expect, it } from 'vitest';
import { graphDefinitionSchema, graphIdSchema, paramsOf, resolveLimits } from '../../../src/core/graph/definition.js';

const smallest = { name: 'g', entry_point: 'a', nodes: [{ name: 'a', tool_name: 'work' }] };

describe('the schema of graphs', () => {
  it('takes the smallest document', () => {
    expect(graphDefinitionSchema.parse(smallest)).toEqual({ ...smallest, edges: [] });
  });

  it.each([
    ['no nodes', { ...smallest, nodes: [] }],
    ['too many nodes', { ...smallest, nodes: Array(1001).fill(smallest.nodes[0]) }],
    ['an unknown key', { ...smallest, node: [] }],
    ['an unknown key in a node', { ...smallest, nodes: [{ name: 'a', tool_name: 'work', tool: 'x' }] }],
    ['a limit below one', { ...smallest, limits: { max_steps: 0 } }],
    ['a deadline that is not positive', { ...smallest, limits: { deadline_seconds: 0 } }],
    ['params that are no object', { ...smallest, nodes: [{ name: 'a', tool_name: 'work', params: [] }] }],
  ])('refuses %s', (_, document) => {
    expect(graphDefinitionSchema.safeParse(document).success).toBe(false);
  });
});

describe('graph ids', () => {
  it('are slugs that do not stand in our paths', () => {
    for (const id of ['a', 'code-review-2']) expect(graphIdSchema.safeParse(id).success).toBe(true);
    for (const id of ['run', 'tools', 'A', 'a--b', '-a', 'a_b', '']) {
      expect(graphIdSchema.safeParse(id).success).toBe(false);
    }
  });
});

describe('resolveLimits', () => {
  it('takes each limit from the run, else the graph, else the default', () => {
    expect(resolveLimits(undefined, undefined)).toEqual({ maxSteps: 1000 });
    expect(resolveLimits({ max_steps: 5, deadline_seconds: 9 }, undefined)).toEqual({
      maxSteps: 5,
      deadlineSeconds: 9,
    });
    expect(resolveLimits({ max_steps: 5, deadline_seconds: 9 }, { max_steps: 7 })).toEqual({
      maxSteps: 7,
      deadlineSeconds: 9,
    });
  });
});

describe('paramsOf', () => {
  it('is an empty object where a node has none', () => {
    expect(paramsOf({ name: 'a', tool_name: 'work' })).toEqual({});
    expect(paramsOf({ name: 'a', tool_name: 'work', params: { n: 1 } })).toEqual({ n: 1 });
  });
});

import { describe, expect, it } from 'vitest';
import type { GraphDefinition } from '../../src/core/graph/definition.js';
import { framesOf } from '../../src/diagram/frames.js';
import { type Layout, layoutOf } from '../../src/diagram/layout.js';
import { toMermaid } from '../../src/diagram/mermaid.js';
import { diagramOf } from '../../src/diagram/model.js';
import { Layouts } from '../../src/engine/layouts.js';

const names = (count: number): string[] => Array.from({ length: count }, (_, index) => `part_${index}`);
const graph = (nodes: string[], more: Partial<GraphDefinition>): GraphDefinition => ({
  name: 'Large',
  entry_point: nodes[0] ?? '',
  nodes: nodes.map((name) => ({ name, tool_name: 'extract_code' })),
  edges: [],
  ...more,
});
const drawn = (definition: GraphDefinition) => diagramOf(definition, () => undefined);
const fan = (count: number): GraphDefinition =>
  graph(['begin', 'join', ...names(count)], {
    parallel_edges: [{ from_node: 'begin', to_nodes: names(count), join_node: 'join' }],
  });
const chain = (count: number): GraphDefinition =>
  graph(names(count), {
    edges: names(count)
      .slice(1)
      .map((to_node, index) => ({ from_node: `part_${index}`, to_node })),
  });
const placeOf = ({ nodes }: Layout, name: string) => {
  const found = nodes.find(({ node }) => node?.name === name);
  if (found === undefined) throw new Error(`${name} is not in the picture`);
  return found;
};

describe('a wide picture', () => {
  it('leads from left to right, with branches in their order; one that is not wide leads down', () => {
    const wide = layoutOf(drawn(fan(12)));
    expect(wide.width).toBeLessThan(wide.height);
    expect(placeOf(wide, 'begin').x).toBeLessThan(placeOf(wide, 'part_0').x);
    expect(placeOf(wide, 'part_0').x).toBeLessThan(placeOf(wide, 'join').x);
    const places = names(12).map((name) => placeOf(wide, name).y);
    expect(places).toEqual([...places].sort((a, b) => a - b));
    const few = layoutOf(drawn(fan(3)));
    expect(placeOf(few, 'begin').y).toBeLessThan(placeOf(few, 'part_0').y);
    const long = layoutOf(drawn(chain(40)));
    expect(placeOf(long, 'part_0').y).toBeLessThan(placeOf(long, 'part_39').y);
  });

  it('has links from side to side of boxes, level below their labels, and back links too', () => {
    const definition = fan(12);
    const again = { from_node: 'join', cases: [{ when: 'data.ready', to_node: 'begin' }], otherwise: 'END' };
    const few = definition.parallel_edges?.map((edge) => ({ ...edge, join: 5 })) ?? [];
    const layout = layoutOf(drawn({ ...definition, parallel_edges: few, conditional_edges: [again] }));
    const boxes = new Map(layout.nodes.map((node) => [node.id, node]));
    const sides = (id: string): number[] => {
      const { x = 0, width = 0 } = boxes.get(id) ?? {};
      return [x - width / 2, x + width / 2];
    };
    for (const { from, to, kind, label, points, x, y } of layout.links) {
      if (kind === 'start') continue;
      expect(sides(from)).toContain(points[0]?.x);
      expect(sides(to)).toContain(points.at(-1)?.x);
      if (label === '') continue;
      const level = points.filter((point) => point.y === y).map((point) => point.x);
      expect([Math.min(...level) < x, Math.max(...level) > x]).toEqual([true, true]);
    }
    const back = layout.links.find(({ to, label }) => to === 'n0' && label !== '');
    const xs = back?.points.map(({ x }) => x) ?? [];
    expect(xs.length).toBeGreaterThan(4);
  });

  it('has links from a node to itself below the node', () => {
    const definition = fan(12);
    const again = { from_node: 'part_3', cases: [{ when: 'data.ready', to_node: 'join' }], otherwise: 'part_3' };
    const layout = layoutOf(drawn({ ...definition, conditional_edges: [again] }));
    const node = placeOf(layout, 'part_3');
    const loop = layout.links.find(({ from, to }) => from === to);
    const below = node.y + node.height / 2;
    expect(loop?.points.map(({ y }) => y >= below)).toEqual([true, true, true, true]);
    expect(loop?.points[0]?.x).toBeLessThan(loop?.points[3]?.x ?? 0);
  });
});

describe('branches', () => {
  const join_node = 'join';
  const text = (definition: GraphDefinition) => toMermaid(drawn(definition)).split('\n');

  it('are subgraphs of Mermaid, also within each other', () => {
    const lines = text(
      graph(['begin', 'left', 'join', 'right', 'inner', 'after'], {
        edges: [{ from_node: 'after', to_node: 'join' }],
        parallel_edges: [{ from_node: 'begin', to_nodes: ['left', 'right'], join_node }],
        for_each_edges: [
          { from_node: 'right', items: 'data.items', to_node: 'inner', join_node: 'after', collect_as: 'all' },
        ],
      }),
    );
    expect(lines.slice(5, 16)).toEqual([
      '  n0["begin<br/>extract_code"]',
      '  subgraph g0["side by side"]',
      '    n1["left<br/>extract_code"]',
      '    n3["right<br/>extract_code"]',
      '    subgraph g1["for each item"]',
      '      n4["inner<br/>extract_code"]',
      '    end',
      '    n5["after<br/>extract_code"]',
      '  end',
      '  n2["join<br/>extract_code"]',
      '  stop(["END"])',
    ]);
  });

  it('have no group if they share a part of other branches, or lead back to before they began', () => {
    const shared = graph(['begin', 'a', 'b', 'c', 'both', 'join'], {
      edges: ['a', 'b', 'c'].map((from_node) => ({ from_node, to_node: 'both' })),
      parallel_edges: [
        { from_node: 'begin', to_nodes: ['a', 'b'], join_node },
        { from_node: 'join', to_nodes: ['c', 'a'], join_node: 'END' },
      ],
    });
    expect(text(shared).filter((line) => line.includes('subgraph'))).toHaveLength(1);
    const back = graph(['begin', 'a', 'join'], {
      edges: [{ from_node: 'a', to_node: 'begin' }],
      parallel_edges: [{ from_node: 'begin', to_nodes: ['a'], join_node }],
    });
    expect(text(back).filter((line) => line.includes('subgraph'))).toEqual([]);
    expect(layoutOf(drawn(back)).frames).toEqual([]);
  });

  it('are in a frame that holds them and nothing else, also within each other', () => {
    const nodes = ['begin', 'left', 'right', 'inner', 'after', 'join', 'last'];
    const layout = layoutOf(
      drawn(
        graph(nodes, {
          edges: [
            { from_node: 'after', to_node: 'join' },
            { from_node: 'join', to_node: 'last' },
          ],
          parallel_edges: [{ from_node: 'begin', to_nodes: ['left', 'right'], join_node: 'join' }],
          for_each_edges: [
            { from_node: 'right', items: 'data.items', to_node: 'inner', join_node: 'after', collect_as: 'all' },
          ],
        }),
      ),
    );
    expect(layout.frames.map(({ label }) => label)).toEqual(['side by side', 'for each item']);
    const held = layout.frames.map(({ x, y, width, height }) =>
      nodes.filter((name) => {
        const box = placeOf(layout, name);
        return box.x > x && box.x < x + width && box.y > y && box.y < y + height;
      }),
    );
    expect(held).toEqual([['left', 'right', 'inner', 'after'], ['inner']]);
  });

  it('have no frame where it would hold another node, or cut through another frame', () => {
    const box = (id: string, x: number, y = 0) => ({ id, x, y, width: 10, height: 10 });
    const group = (...nodes: string[]) => ({ label: nodes.join(), nodes });
    const boxes = [box('a', 0), box('b', 100), box('c', 200), box('d', 400), box('e', 500), box('f', 430, 5)];
    const labels = (...groups: ReturnType<typeof group>[]) => framesOf(groups, boxes, []).map(({ label }) => label);
    expect(labels(group('a', 'c'), group('d'))).toEqual(['d']);
    expect(labels(group('a', 'b'), group('b', 'c'))).toEqual(['a,b']);
    expect(labels(group('b'), group('a', 'b', 'c'))).toEqual(['a,b,c', 'b']);
    expect(labels(group())).toEqual([]);
  });
});

describe('a picture of 1,000 nodes', () => {
  it('is laid out once, whoever asks meanwhile, and kept', async () => {
    const layouts = new Layouts();
    const diagram = drawn(chain(1000));
    const [one, other] = await Promise.all([layouts.find('k', diagram), layouts.find('k', diagram)]);
    expect(one.nodes).toHaveLength(1001);
    expect(other).toBe(one);
    expect(await layouts.find('k', diagram)).toBe(one);
  });

  it('is refused if its links lead too far, and if too many wait', async () => {
    const layouts = new Layouts();
    const far = graph(names(1000), {
      edges: chain(1000).edges ?? [],
      nodes: names(1000).map((name) => ({ name, tool_name: 'extract_code', on_error: 'part_999' })),
    });
    await expect(layouts.find('far', drawn(far))).rejects.toMatchObject({ code: 'diagram_too_large' });
    const found = Array.from({ length: 21 }, (_, index) => layouts.find(`k${index}`, drawn(chain(130))));
    const results = await Promise.allSettled(found);
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(20);
    expect(results.at(-1)).toMatchObject({ reason: { code: 'server_busy', retryAfterSeconds: 5 } });
  });
});

import { describe, expect, it } from 'vitest';
import type { GraphDefinition } from '../../src/core/graph/definition.js';
import type { EventRecord } from '../../src/core/run/events.js';
import { codeReviewGraph } from '../../src/demo/graph.js';
import { effortOf, MAX_EFFORT } from '../../src/diagram/effort.js';
import { layoutOf } from '../../src/diagram/layout.js';
import { marksOf } from '../../src/diagram/marks.js';
import { toMermaid } from '../../src/diagram/mermaid.js';
import { diagramOf, shortened } from '../../src/diagram/model.js';
import { toSvg } from '../../src/diagram/svg.js';
import { Walker } from '../../src/diagram/walk.js';

const OUTCOMES: Readonly<Record<string, readonly string[]>> = { quality_gate: ['END', 'improve'] };
const demo = diagramOf(codeReviewGraph, (name) => OUTCOMES[name]);

function graph(parts: object): GraphDefinition {
  return { name: 'g', entry_point: 'a', edges: [], ...parts } as unknown as GraphDefinition;
}

function nodes(...names: string[]) {
  return names.map((name) => ({ name, tool_name: 'tool' }));
}

/** A journal out of events, as far as pictures look at them. */
function walked(events: readonly object[]): Walker {
  const walker = new Walker();
  for (const [index, event] of events.entries()) {
    walker.read({ seq: index + 1, time: 0, event, payload: '', logEnd: 0 } as unknown as EventRecord);
  }
  return walker;
}

const WALK = [
  { type: 'run.submitted' },
  { type: 'run.started', next: 'extract' },
  { type: 'step.completed', step: 1, node: 'extract', decision: { to_node: 'analyze' }, next: 'analyze' },
  { type: 'step.completed', step: 2, node: 'analyze', decision: { to_node: 'improve' }, next: 'improve' },
  { type: 'step.completed', step: 3, node: 'improve', decision: { to_node: 'analyze' }, next: 'analyze' },
];

describe('the picture of a graph', () => {
  it('has every node and link, with the outcomes on conditional ones', () => {
    expect(demo.nodes.map(({ name }) => name)).toEqual(['extract', 'analyze', 'improve']);
    expect(demo.links).toEqual([
      { from: 'start', to: 'n0', kind: 'start', labels: [] },
      { from: 'n0', to: 'n1', kind: 'edge', labels: [] },
      { from: 'n2', to: 'n1', kind: 'edge', labels: [] },
      { from: 'n1', to: 'stop', kind: 'condition', labels: ['END'] },
      { from: 'n1', to: 'n2', kind: 'condition', labels: ['improve'] },
    ]);
  });

  it('has every way for errors, with what it is for', () => {
    const on_error = [
      { on: ['gone', 'lost'], when: ' error.attempt > 1 ', to_node: 'b' },
      { when: 'data.n > 1', to_node: 'b' },
      { to_node: 'END' },
    ];
    const definition = graph({
      nodes: [{ name: 'a', tool_name: 't', on_error }, ...nodes('b', 'c', 'd')],
      parallel_edges: [
        { from_node: 'b', to_nodes: ['c'], join_node: 'END', on_error: [{ on: ['join_failed'], to_node: 'd' }] },
      ],
    });
    const errors = diagramOf(definition, () => undefined).links.filter(({ kind }) => kind === 'error');
    expect(errors.map(({ from, to, labels }) => [from, to, ...labels])).toEqual([
      ['n1', 'n3', 'on error: join_failed'],
      ['n0', 'n1', 'on error: gone, lost: error.attempt > 1', 'on error: data.n > 1'],
      ['n0', 'stop', 'on error'],
    ]);
  });

  it('has routes, cases, branches with their joins, and error edges, in the forms that documents have', () => {
    const definition = graph({
      nodes: [{ name: 'a', tool_name: 't', on_error: 'd' }, ...nodes('b', 'c', 'd')],
      conditional_edges: [
        { from_node: 'b', condition_function: 'unknown', routes: { yes: 'c', no: 'END', also: 'c' } },
        { from_node: 'c', cases: [{ when: 'data.n < 10', to_node: 'END' }], otherwise: 'a' },
      ],
      parallel_edges: [{ from_node: 'a', to_nodes: ['b', 'c'], join_node: 'd' }],
      for_each_edges: [{ from_node: 'd', items: '${ data.files }', to_node: 'b', join_node: 'c', on_error: 'a' }],
    });
    const links = diagramOf(definition, () => undefined).links.map(({ from, to, kind, labels }) => [
      from,
      to,
      kind,
      ...labels,
    ]);
    expect(links).toEqual([
      ['start', 'n0', 'start'],
      ['n1', 'n2', 'condition', 'yes', 'also'],
      ['n1', 'stop', 'condition', 'no'],
      ['n2', 'stop', 'condition', 'data.n < 10'],
      ['n2', 'n0', 'condition', 'otherwise'],
      ['n0', 'n1', 'branch'],
      ['n0', 'n2', 'branch'],
      ['n3', 'n1', 'branch', 'each of data.files'],
      ['n3', 'n0', 'error', 'on error'],
      ['n0', 'n3', 'error', 'on error'],
    ]);
  });

  it('leads the ends of branches to their join', () => {
    const definition = graph({
      nodes: nodes('a', 'b', 'c', 'd', 'e'),
      edges: [
        { from_node: 'b', to_node: 'c' },
        { from_node: 'd', to_node: 'e' },
      ],
      parallel_edges: [{ from_node: 'a', to_nodes: ['b', 'd'], join_node: 'e' }],
    });
    const { links } = diagramOf(definition, () => undefined);
    expect(links.filter(({ kind }) => kind === 'join')).toEqual([{ from: 'n2', to: 'n4', kind: 'join', labels: [] }]);
  });

  it('leaves out links to what is no node, and takes in those that a run took', () => {
    const definition = graph({ nodes: nodes('a', 'b'), edges: [{ from_node: 'a', to_node: 'nope' }] });
    const { links } = diagramOf(definition, () => undefined, [{ from: 'a', to: 'b' }]);
    expect(links.map(({ to }) => to)).toEqual(['n0', 'stop', 'n1']);
  });
});

describe('the end of a run without an edge', () => {
  const definition = graph({
    nodes: nodes('a', 'b', 'c', 'd'),
    parallel_edges: [{ from_node: 'a', to_nodes: ['b', 'c'], join_node: 'd' }],
  });
  const { links } = diagramOf(definition, () => undefined);

  it('is drawn, and not where only branches end', () => {
    expect(links.filter(({ to }) => to === 'stop')).toEqual([{ from: 'n3', to: 'stop', kind: 'end', labels: [] }]);
  });

  it('is where a run has been that came to it', () => {
    const walk = walked([
      { type: 'run.started', next: 'd' },
      { type: 'step.completed', step: 1, node: 'd', decision: null, next: null },
      { type: 'run.completed', reason: 'no_edge' },
    ]);
    const marks = marksOf(
      diagramOf(definition, () => undefined),
      [walk],
    );
    expect([marks.nodes.get('stop')?.look, marks.links.get('n3>stop')]).toEqual(['visited', 1]);
  });
});

describe('Mermaid text', () => {
  it('is a flowchart', () => {
    expect(toMermaid(demo)).toBe(
      [
        '---',
        'title: "Code Review Agent Demo"',
        '---',
        'flowchart TD',
        '  start(( ))',
        '  n0["extract<br/>extract_code"]',
        '  n1["analyze<br/>check_complexity"]',
        '  n2["improve<br/>generate_improvements"]',
        '  stop(["END"])',
        '  start --> n0',
        '  n0 --> n1',
        '  n2 --> n1',
        '  n1 -->|"END"| stop',
        '  n1 -->|"improve"| n2',
        '',
      ].join('\n'),
    );
  });

  it('cannot be broken out of by any name', () => {
    const evil = 'a"] --> b["`<img src=x>` #quot; %% ;|{end}';
    const text = toMermaid(diagramOf(graph({ nodes: nodes(evil), entry_point: evil }), () => undefined));
    const line = text.split('\n').find((each) => each.startsWith('  n0['));
    expect(line).toMatch(/^ {2}n0\["[\p{L}\p{N} .,:_#;/…-]*<br\/>tool"\]$/u);
  });
});

describe('a name that means something to Mermaid', () => {
  const partsOf = (name: string) => {
    const text = toMermaid(diagramOf(graph({ name, nodes: nodes(name), entry_point: name }), () => undefined));
    const [, label] = /^ {2}n0\["(.*)<br\/>tool"\]$/m.exec(text) ?? [];
    const title = JSON.parse(/^title: (.*)$/m.exec(text)?.[1] ?? '');
    return { label, title };
  };

  it.each([
    ['direction LR', '#100;irection LR'],
    ['fa:fa-car', 'fa#8203;#58;fa-car'],
    [String.raw`C:\new`, 'C#58;#92;#8203;new'],
    ['$$x$$', '#36;#8203;#36;x#36;#8203;#36;'],
    ['directions', 'directions'],
  ])('%s is no statement, icon, line break or formula in a label', (name, label) => {
    expect(partsOf(name).label).toBe(label);
  });

  it('is no markup in the title', () => {
    expect(partsOf('<script>a</script>').title).toBe('＜script>a＜/script>');
    expect(partsOf(String.raw`C:\new`).title).toBe('C:\\\u200bnew');
    expect(partsOf('a > b & c').title).toBe('a > b & c');
  });
});

describe('a run on a picture', () => {
  it('counts visits and links, and marks where the run is', () => {
    const marks = marksOf(demo, [walked(WALK)]);
    expect(Object.fromEntries(marks.nodes)).toMatchObject({
      n0: { look: 'visited', note: '×1' },
      n1: { look: 'current', note: '▶ running · ×2' },
      n2: { look: 'visited', note: '×1' },
    });
    expect(Object.fromEntries(marks.links)).toEqual({ 'start>n0': 1, 'n0>n1': 1, 'n1>n2': 1, 'n2>n1': 1 });
  });

  it('marks the end, a failure, a cancel, a wait and a retry', () => {
    const noteAfter = (...events: object[]) => marksOf(demo, [walked([...WALK, ...events])]).nodes.get('n1');
    const end = { type: 'step.completed', step: 4, node: 'analyze', decision: { to_node: 'END' }, next: null };
    const done = marksOf(demo, [walked([...WALK, end, { type: 'run.completed' }])]);
    expect([done.nodes.get('n1'), done.nodes.get('stop'), done.links.get('n1>stop')]).toEqual([
      { look: 'visited', note: '×2' },
      { look: 'visited', note: '' },
      1,
    ]);
    expect(noteAfter({ type: 'run.failed', error: { node: 'analyze' } })).toEqual({
      look: 'failed',
      note: '✕ failed · ×2',
    });
    expect(noteAfter({ type: 'run.cancelled' })).toEqual({ look: 'failed', note: '✕ cancelled · ×2' });
    expect(noteAfter({ type: 'wait.started', wait: { kind: 'input' } })).toEqual({
      look: 'waiting',
      note: '‖ waiting · ×2',
    });
    const retry = { type: 'run.retried', step: 4, node: 'analyze', next: 'analyze' };
    const retried = noteAfter({ type: 'run.failed', error: { node: 'analyze' } }, retry);
    expect(retried).toEqual({ look: 'current', note: '▶ running · ×2' });
    expect(toMermaid(demo, done)).toContain('n1 -->|"END ×1"| stop');
  });

  it('follows an error edge, and a join', () => {
    const walk = walked([
      ...WALK,
      { type: 'step.failed', step: 4, node: 'analyze', decision: { to_node: 'improve' }, next: 'improve' },
      { type: 'step.completed', step: 5, node: 'improve', decision: { to_node: null }, next: null },
      { type: 'branches.started', step: 5, node: 'improve', kind: 'for_each', to_nodes: ['analyze'], count: 3 },
      { type: 'branches.joined', step: 5, node: 'improve', to_node: 'extract', next: 'extract' },
    ]);
    const links = Object.fromEntries([...walk.links].map(([key, { count }]) => [key, count]));
    expect([walk.at, links]).toEqual([
      'extract',
      {
        'extract>analyze': 1,
        'analyze>improve': 2,
        'improve>analyze': 4,
        'improve>extract': 1,
      },
    ]);
  });

  it('shows what failed and took another way, and how often', () => {
    const failed = { type: 'step.failed', step: 4, node: 'analyze', decision: { to_node: 'improve' }, next: 'improve' };
    const once = marksOf(demo, [walked([...WALK, failed])]);
    expect([once.nodes.get('n1'), once.nodes.get('n2')?.look]).toEqual([
      { look: 'failed', note: '✕ 1 failed · ×2' },
      'current',
    ]);
    const start = { type: 'run.started', next: 'analyze' };
    const all = marksOf(demo, [walked([start, { ...failed, step: 1 }])]);
    expect(all.nodes.get('n1')).toEqual({ look: 'failed', note: '✕ failed · ×1' });
    const again = {
      type: 'step.completed',
      step: 2,
      node: 'improve',
      decision: { to_node: 'analyze' },
      next: 'analyze',
    };
    const back = marksOf(demo, [walked([start, { ...failed, step: 1 }, again])]);
    expect(back.nodes.get('n1')).toEqual({ look: 'current', note: '▶ running · ✕ 1 failed · ×2' });
    const broken = { type: 'run.failed', error: { node: 'analyze' } };
    const stopped = marksOf(demo, [walked([start, { ...failed, step: 1 }, again, broken])]);
    expect(stopped.nodes.get('n1')).toEqual({ look: 'failed', note: '✕ failed · ×2' });
  });

  it('shows the node whose branches failed, if their edge took another way', () => {
    const joined = { step: 5, node: 'improve', to_node: 'extract', next: 'extract' };
    const events = [
      { type: 'run.started', next: 'improve' },
      { type: 'step.completed', step: 1, node: 'improve', decision: { to_node: null }, next: null },
      { type: 'branches.started', step: 1, node: 'improve', kind: 'for_each', to_nodes: ['analyze'], count: 3 },
    ];
    const lookAfter = (error: object | undefined) =>
      marksOf(demo, [walked([...events, { type: 'branches.joined', ...joined, error }])]).nodes.get('n2')?.look;
    expect([lookAfter(undefined), lookAfter({ code: 'branch_failed' })]).toEqual(['visited', 'failed']);
  });

  it('says of how many branches its counts are, if not of all', () => {
    const marks = { ...marksOf(demo, [walked(WALK)]), coverage: { counted: 100, begun: 150, isLeast: false } };
    const words = 'counts are of 100 of 150 branches';
    expect(toMermaid(demo, marks)).toContain(`title: "Code Review Agent Demo (${words})"`);
    const svg = toSvg(demo.title, layoutOf(demo), marks);
    expect(svg).toContain(`>${words}</text>`);
    expect(svg).toMatch(new RegExp(`aria-label="[^"]*; ${words}"`));
    const least = { ...marks, coverage: { ...marks.coverage, isLeast: true } };
    expect(toMermaid(demo, least)).toContain(`(${words} or more)`);
  });

  it('counts each step of a fork once, whatever its journal copied', () => {
    const walk = walked([
      ...WALK.slice(0, 3),
      { type: 'run.forked', step: 2, node: 'analyze', patch: {} },
      { type: 'run.started', step: 2, next: 'analyze' },
    ]);
    expect(Object.fromEntries(walk.visits)).toEqual({ extract: 1, analyze: 1 });
  });

  it('waits for its next try, and for the runs inside it when it is retried', () => {
    const failed = { type: 'step.failed', step: 4, node: 'analyze', error: {}, retry_at: 5 };
    expect(walked([...WALK, failed])).toMatchObject({ at: 'analyze', state: 'waiting' });
    const child = { type: 'wait.started', step: 4, node: 'analyze', wait: { kind: 'graph' } };
    const ended = [...WALK, child, { type: 'run.cancelled' }];
    expect(walked(ended)).toMatchObject({ at: 'analyze', state: 'cancelled' });
    expect(walked([...ended, { type: 'run.retried' }])).toMatchObject({ at: 'analyze', state: 'waiting' });
    const over = { type: 'wait.ended', outcome: 'elapsed' };
    expect(walked([...WALK, child, over])).toMatchObject({ state: 'active' });
  });

  it('leads the end of a branch that has no edge to its join', () => {
    const begun = [
      { type: 'run.submitted', parent: { kind: 'branch' }, join_node: 'improve' },
      { type: 'run.started', next: 'extract' },
      { type: 'step.completed', step: 1, node: 'extract', decision: null, next: null },
    ];
    const linksAfter = (reason: string) => [...walked([...begun, { type: 'run.completed', reason }]).links.keys()];
    expect(linksAfter('no_edge')).toEqual(['extract>improve']);
    expect(linksAfter('end')).toEqual([]);
  });

  it('has what happens in its branches', () => {
    const parent = walked([
      { type: 'run.started', next: 'extract' },
      { type: 'step.completed', step: 1, node: 'extract', decision: { to_node: null }, next: null },
      { type: 'branches.started', step: 1, node: 'extract', kind: 'parallel', to_nodes: ['analyze'], count: 1 },
    ]);
    const branch = walked([
      { type: 'run.submitted', parent: { kind: 'branch' } },
      { type: 'run.started', next: 'analyze' },
    ]);
    expect(Object.fromEntries(marksOf(demo, [parent, branch]).nodes)).toMatchObject({
      n0: { look: 'waiting', note: '‖ waiting · ×1' },
      n1: { look: 'current', note: '▶ running · ×1' },
      n2: { look: 'plain', note: '' },
    });
  });
});

describe('an SVG', () => {
  it('shows names, tools, counts and words for those who do not see it', () => {
    const svg = toSvg(demo.title, layoutOf(demo), marksOf(demo, [walked(WALK)]));
    for (const part of ['>check_complexity<', '>×1<', '>▶ running · ×2<', 'gr-current', 'prefers-color-scheme:dark']) {
      expect(svg).toContain(part);
    }
    expect(svg).toContain('aria-label="Code Review Agent Demo: extract ×1, analyze ▶ running · ×2, improve ×1"');
    expect(toSvg(demo.title, layoutOf(demo), marksOf(demo, [walked([])]))).toContain(': not begun"');
  });

  it('is well-formed whatever the names are', () => {
    const evil = `</text><script>alert('1')</script>"&\u{fffe}\ud800\u0008`;
    const definition = graph({ name: evil, nodes: nodes(evil, '名前'.repeat(40)), entry_point: evil });
    const svg = toSvg(definition.name, layoutOf(diagramOf(definition, () => undefined)));
    expect(svg).not.toMatch(/<script|\ud800|\ufffe/);
    const tags = Array.from(svg.matchAll(/<(\/?)([a-z]+)[^<>]*?(\/?)>/g));
    const open: string[] = [];
    for (const [, close, name = '', single] of tags) {
      if (close === '/') expect(open.pop()).toBe(name);
      else if (single !== '/') open.push(name);
    }
    expect(open).toEqual([]);
    expect(svg.replaceAll(/<[^<>]*>/g, '')).not.toMatch(/[<>]|&(?!amp;|lt;|gt;|quot;|#39;)/);
  });

  it('keeps every node inside and apart from the others', () => {
    const { width, height, nodes: placed } = layoutOf(demo);
    for (const [index, { x, y, width: w, height: h }] of placed.entries()) {
      expect(x - w / 2).toBeGreaterThanOrEqual(0);
      expect(x + w / 2).toBeLessThanOrEqual(width);
      expect(y + h / 2).toBeLessThanOrEqual(height);
      for (const other of placed.slice(index + 1)) {
        expect(Math.abs(x - other.x) >= (w + other.width) / 2 || Math.abs(y - other.y) >= (h + other.height) / 2).toBe(
          true,
        );
      }
    }
  });
});

describe('the effort of a layout', () => {
  it('grows with the ranks that links cross', () => {
    const names = Array.from({ length: 100 }, (_, index) => `n${index}`);
    const chain = names.slice(1).map((to_node, index) => ({ from_node: `n${index}`, to_node }));
    const back = names.slice(1).map((from_node) => ({ from_node, to_node: 'n0' }));
    const effort = (edges: object[]) =>
      effortOf(diagramOf(graph({ nodes: nodes(...names), entry_point: 'n0', edges }), () => undefined));
    // The last node has a link to the end.
    expect(effort(chain)).toBe(201);
    expect(effort([...chain, ...back])).toBeGreaterThan(MAX_EFFORT);
  });

  it('is known at once for the largest graph that there can be', () => {
    const names = Array.from({ length: 1000 }, (_, index) => `n${index}`);
    const edges = Array.from({ length: 5000 }, (_, index) => ({
      from_node: `n${index % 1000}`,
      to_node: `n${(index * 7919) % 1000}`,
    }));
    expect(
      effortOf(diagramOf(graph({ nodes: nodes(...names), entry_point: 'n0', edges }), () => undefined)),
    ).toBeGreaterThan(MAX_EFFORT);
  });
});

describe('a shortened text', () => {
  it('keeps whole characters and says that something is missing', () => {
    expect([shortened('abc', 3), shortened('abcd', 3), shortened('👍👍👍👍', 3)]).toEqual(['abc', 'ab…', '👍👍…']);
  });
});

describe('a link from a node to itself', () => {
  it.each([[undefined], ['data.ready']])('goes around its label (%s) at the right side of the node', (when) => {
    const edges = [{ from_node: 'a', to_node: 'a' }];
    const conditional_edges = [{ from_node: 'a', cases: [{ when, to_node: 'a' }], otherwise: 'b' }];
    const definition = graph({ nodes: nodes('a', 'b'), ...(when === undefined ? { edges } : { conditional_edges }) });
    const { nodes: placed, links, width } = layoutOf(diagramOf(definition, () => undefined));
    const node = placed.find(({ id }) => id === 'n0')!;
    const { points, x, y } = links.find(({ from, to }) => from === to)!;
    const right = node.x + node.width / 2;
    const [first, up, down, last] = points;
    expect(points).toHaveLength(4);
    expect([first?.x, last?.x]).toEqual([right, right]);
    expect(first!.y).toBeLessThan(last!.y);
    expect(first!.y).toBeGreaterThan(node.y - node.height / 2);
    expect(last!.y).toBeLessThan(node.y + node.height / 2);
    expect([up!.x, down!.x].every((each) => each > right && each <= width)).toBe(true);
    if (when !== undefined) expect([x, y]).toEqual([up!.x, node.y]);
  });
});

describe('the branches of a parallel edge', () => {
  /** Names of the branches from left to right. */
  function orderIn(parts: object, branches: readonly string[]): string[] {
    const { nodes: placed } = layoutOf(diagramOf(graph(parts), () => undefined));
    const found = placed.filter(({ node }) => node !== undefined && branches.includes(node.name));
    return found.sort((a, b) => a.x - b.x).map(({ node }) => node?.name ?? '');
  }

  const longer = [{ from_node: 'b', to_node: 'e' }];
  const failing = [{ from_node: 'c', condition_function: 'x', routes: { again: 'c', over: 'b' } }];
  const orders = [
    ['b', 'c', 'd'],
    ['d', 'c', 'b'],
    ['c', 'd', 'b'],
    ['d', 'b', 'c'],
  ];

  it.each(orders.flatMap((order) => [{}, { edges: longer }, { on_error: 'f' }].map((more) => ({ order, ...more }))))(
    'stand in the order in which it names them: %j',
    ({ order, edges = [], ...more }) => {
      const parallel_edges = [{ from_node: 'a', to_nodes: order, join_node: 'j', ...more }];
      expect(orderIn({ nodes: nodes('a', 'j', 'b', 'c', 'd', 'e', 'f'), edges, parallel_edges }, order)).toEqual(order);
    },
  );

  it('do so also if links cross then, and if one leads into another', () => {
    const parts = { nodes: nodes('a', 'b', 'c', 'd', 'j', 'e', 'f') };
    const to_nodes = ['d', 'c', 'b'];
    const edges = [
      { from_node: 'b', to_node: 'e' },
      { from_node: 'd', to_node: 'e' },
    ];
    const parallel_edges = [{ from_node: 'a', to_nodes, join_node: 'j' }];
    expect(orderIn({ ...parts, edges, parallel_edges }, to_nodes)).toEqual(to_nodes);
    expect(() => orderIn({ ...parts, conditional_edges: failing, parallel_edges }, to_nodes)).not.toThrow();
  });

  it('of edges that contradict each other are all there', () => {
    const parallel_edges = [
      { from_node: 'a', to_nodes: ['b', 'c'], join_node: 'd' },
      { from_node: 'd', to_nodes: ['c', 'b'], join_node: 'j' },
    ];
    const { orders: kept, ...diagram } = diagramOf(
      graph({ nodes: nodes('a', 'b', 'c', 'd', 'j'), parallel_edges }),
      () => undefined,
    );
    expect(kept).toEqual([{ left: 'n1', right: 'n2' }]);
    expect(layoutOf({ orders: kept, ...diagram }).nodes).toHaveLength(7);
  });
});

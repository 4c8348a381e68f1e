import { applyPatch, type Operation } from 'rfc6902';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Agent, connectAgent } from '../helpers/mcp-client.js';
import { listen, startTestServer, type TestServer } from '../helpers/server.js';

/** A finding, as `validate_graph` describes it. */
interface Finding {
  readonly pointer: string;
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  readonly fix?: Operation[];
}

type Json = Record<string, unknown>;

const node = (name: string, tool_name = 'set_data', params: object = { values: { done: true } }) => ({
  ...{ name, tool_name, params },
});
const edge = (from_node: string, to_node: string) => ({ from_node, to_node });
const base = { entry_point: 'collect', nodes: [node('collect'), node('review'), node('publish')] };

/** Ten graphs, each broken in another way; some in several. */
const BROKEN: readonly [what: string, graph: object][] = [
  ['misspelt names', { ...base, entry_point: 'colect', edges: [edge('collect', 'reveiw'), edge('review', 'publsh')] }],
  ['misspelt keys', { ...base, edges: [{ from: 'collect', to: 'review' }], limit: { max_step: 5 } }],
  ['a misspelt tool, and params of it', { ...base, nodes: [node('collect', 'set_dta', { valuess: { a: 1 } })] }],
  [
    'numbers and lists of other types',
    {
      ...base,
      limits: { max_steps: '20' },
      parallel_edges: [{ from_node: 'collect', to_nodes: 'review', join_node: 'publish' }],
    },
  ],
  [
    'an edge and a node that are there twice',
    {
      ...base,
      nodes: [...base.nodes, node('review')],
      edges: [edge('collect', 'review'), edge('collect', 'review')],
    },
  ],
  [
    'branches that run nothing',
    {
      ...base,
      parallel_edges: [{ from_node: 'collect', to_nodes: ['review', 'publish', 'review'], join_node: 'publish' }],
    },
  ],
  [
    'templates of another program',
    {
      ...base,
      nodes: [node('collect', 'set_data', { values: { text: 'Hello {{ input_data.name }}' } })],
    },
  ],
  [
    'cases without an otherwise',
    {
      ...base,
      conditional_edges: [{ from_node: 'collect', cases: [{ when: 'data.done', to_node: 'review' }] }],
    },
  ],
  ['two edges from one node', { ...base, edges: [edge('collect', 'review'), edge('collect', 'publish')] }],
  [
    'an expression with an operator of another language',
    {
      ...base,
      conditional_edges: [
        { from_node: 'collect', cases: [{ when: 'data.done = true', to_node: 'review' }], otherwise: 'publish' },
      ],
    },
  ],
];

function at(graph: Json, pointer: string): unknown {
  return pointer
    .split('/')
    .slice(1)
    .reduce<unknown>((value, key) => (value as Json | undefined)?.[key], graph);
}

function change(graph: Json, operation: Operation): void {
  applyPatch(graph, [operation]);
}

function meantBy(hint: string): string {
  return /"(.+)"/.exec(hint)?.[1] ?? '';
}

/** What a reader of messages does where there is no fix: rules that know the words of findings, and no graph. */
const RULES: readonly [words: RegExp, correct: (graph: Json, finding: Finding) => void][] = [
  [
    /needs either condition_function, or cases and otherwise/,
    (graph, { pointer }) => change(graph, { op: 'add', path: `${pointer}/otherwise`, value: 'END' }),
  ],
  [/Remove one of the two/, (graph, { pointer }) => change(graph, { op: 'remove', path: pointer })],
  [
    /Write "(.+)" to compare/,
    (graph, { pointer }) =>
      change(graph, { op: 'replace', path: pointer, value: String(at(graph, pointer)).replace(' = ', ' == ') }),
  ],
  [
    /Unknown key .* Did you mean "(.+)"\?/,
    (graph, { pointer, hint = '' }) => {
      const path = pointer.slice(0, pointer.lastIndexOf('/') + 1) + meantBy(hint);
      change(graph, { op: 'move', from: pointer, path });
    },
  ],
  [
    /Did you mean "(.+)"\?/,
    (graph, { pointer, hint = '' }) => change(graph, { op: 'replace', path: pointer, value: meantBy(hint) }),
  ],
];

/** Repairs a graph with what the tools say: applies fixes from the last to the first, and then one rule. */
async function repair(agent: Agent, graph: Json): Promise<{ rounds: number; fixes: number; rules: number }> {
  const used = { rounds: 0, fixes: 0, rules: 0 };
  for (; used.rounds < 10; used.rounds++) {
    const { body } = await agent.call('validate_graph', { graph });
    const findings: Finding[] = [...body.errors, ...body.warnings.filter(({ fix }: Finding) => fix !== undefined)];
    if (findings.length === 0) return used;
    const fixable = findings.filter(({ fix }) => fix !== undefined);
    for (const { fix } of fixable.reverse()) applyPatch(graph, fix as Operation[]);
    used.fixes += fixable.length;
    if (fixable.length > 0) continue;
    const [finding] = findings as [Finding];
    const rule = RULES.find(([words]) => words.test(`${finding.message} ${finding.hint ?? ''}`));
    if (rule === undefined) throw new Error(`Nothing to do about ${JSON.stringify(finding)}`);
    rule[1](graph, finding);
    used.rules += 1;
  }
  throw new Error('The graph is still broken.');
}

let server: TestServer;
let agent: Agent;
beforeAll(async () => {
  server = await startTestServer();
  agent = await connectAgent(await listen(server));
});
afterAll(async () => {
  await agent.client.close();
  await server.stop();
});

it.each(BROKEN)('an agent that knows only what the tools say repairs a graph with %s', async (what, broken) => {
  const graph: Json = { name: what, ...structuredClone(broken) };
  const before = await agent.call('validate_graph', { graph });
  expect([...before.body.errors, ...before.body.warnings]).not.toEqual([]);
  const used = await repair(agent, graph);
  expect(used.fixes + used.rules).toBeGreaterThan(0);
  const created = await agent.call('create_graph', { graph });
  expect(created).toMatchObject({ isError: false, body: { version: 1 } });
  const { body: run } = await agent.call('start_run', {
    graph_id: created.body.graph_id,
    input_data: { name: 'Ada' },
  });
  const { body: ended } = await agent.call('wait_for_run', { run_id: run.run_id });
  expect(ended.status).toBe('COMPLETED');
});

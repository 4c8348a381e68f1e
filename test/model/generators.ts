import fc from 'fast-check';
import { type GraphDefinition, graphDefinitionSchema } from '../../src/core/graph.js';
import { type Behaviour, type Case, mayDie, type Round } from './script.js';

type Exit = 'next' | 'handler' | 'END';

interface Step {
  readonly kind: 'step';
  readonly does: readonly Behaviour[];
  readonly retry: object | null;
  readonly onError: Exit | null;
  readonly timeoutMs: number | null;
  readonly param: string | null;
  readonly leads: 'on' | 'nowhere' | 'END';
}

/** A piece of a graph that is entered at one node and left to one node. */
type Block =
  | Step
  | { readonly kind: 'delay'; readonly ms: number }
  | {
      readonly kind: 'ask';
      readonly isAnswered: boolean;
      readonly expiresMs: number | null;
      readonly onError: Exit | null;
    }
  | {
      readonly kind: 'call';
      readonly body: readonly Block[];
      readonly retry: object | null;
      readonly onError: Exit | null;
    }
  | { readonly kind: 'choice'; readonly when: string; readonly yes: readonly Block[]; readonly no: readonly Block[] }
  | { readonly kind: 'loop'; readonly body: readonly Block[]; readonly when: string }
  | {
      readonly kind: 'parallel';
      readonly branches: readonly (readonly Block[])[];
      readonly maxParallel: number | null;
      readonly onError: Exit | null;
    }
  | {
      readonly kind: 'each';
      readonly body: readonly Block[];
      readonly items: string;
      readonly maxParallel: number | null;
      readonly onError: Exit | null;
    };

const CALM: Behaviour = { does: 'nothing', value: 0, isSync: false, isStubborn: false, logs: false };

const behaviour: fc.Arbitrary<Behaviour> = fc.record({
  does: fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom('nothing', 'set_a', 'set_b', 'add', 'push', 'param') },
    { weight: 2, arbitrary: fc.constantFrom('throw', 'throw', 'throw', 'fatal', 'retryable', 'number', 'nan', 'hang') },
  ) as fc.Arbitrary<Behaviour['does']>,
  value: fc.integer({ min: 1, max: 3 }),
  isSync: fc.boolean(),
  isStubborn: fc.oneof({ weight: 5, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
  logs: fc.boolean(),
});

/** Null this many times as often as not. */
const maybe = <T>(arbitrary: fc.Arbitrary<T>, nulls = 1) =>
  fc.oneof({ weight: nulls, arbitrary: fc.constant(null) }, { weight: 1, arbitrary });
const exit = maybe(fc.constantFrom<Exit>('next', 'handler', 'END'), 1);
const retry = maybe(
  fc.record({
    max_attempts: fc.integer({ min: 1, max: 3 }),
    interval_seconds: fc.constantFrom(0, 0.211, 1.5),
    backoff_rate: fc.constantFrom(1, 3),
    max_delay_seconds: fc.constantFrom(2, 900),
    jitter: fc.constantFrom('none', 'full'),
  }),
);
const maxParallel = maybe(fc.integer({ min: 1, max: 2 }), 1);
const conditions = ['many', 'broken', 'lost', 'numeric'];
const branchExit = exit;

const { blocks: program } = fc.letrec<{ blocks: Block[]; block: Block; some: Block[] }>((tie) => ({
  blocks: fc.array(tie('block'), { maxLength: 3, size: 'max' }),
  some: fc.array(tie('block'), { minLength: 1, maxLength: 3, size: 'max' }),
  block: fc.oneof(
    { maxDepth: 3, depthSize: 'medium' },
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant('step' as const),
        does: fc.array(behaviour, { minLength: 1, maxLength: 3 }),
        retry,
        onError: exit,
        timeoutMs: maybe(fc.constantFrom(700, 1600), 4),
        param: maybe(
          fc.constantFrom(
            '${ run.step }',
            '${ has(data.n) ? data.n : 0 }',
            '${ input_data }',
            'n is ${ data.n }',
            '${ run.item }',
          ),
          2,
        ),
        leads: fc.constantFrom<Step['leads']>('on', 'on', 'on', 'on', 'on', 'on', 'on', 'nowhere', 'END'),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('delay' as const), ms: fc.integer({ min: 1, max: 3000 }) }) },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('ask' as const),
        isAnswered: fc.boolean(),
        expiresMs: maybe(fc.integer({ min: 1, max: 3000 })),
        onError: exit,
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant('choice' as const),
        when: fc.oneof(
          { weight: 9, arbitrary: fc.constantFrom('run.step < 4', 'has(data.n) && data.n > 2', 'many') },
          { weight: 1, arbitrary: fc.constantFrom('data.n > 2', ...conditions) },
        ),
        yes: tie('blocks'),
        no: tie('blocks'),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant('call' as const), body: tie('some'), retry, onError: exit }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant('loop' as const),
        body: tie('blocks'),
        when: fc.constantFrom('run.step < 5', '!has(data.n) || data.n < 4', 'true'),
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant('parallel' as const),
        branches: fc.array(tie('some'), { minLength: 1, maxLength: 3 }),
        maxParallel,
        onError: branchExit,
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant('each' as const),
        body: tie('some'),
        items: fc.oneof(
          {
            weight: 8,
            arbitrary: fc.constantFrom('[7, 8]', 'input_data', '[run.step, 5, 5]', 'has(data.xs) ? data.xs : [1]'),
          },
          { weight: 1, arbitrary: fc.constantFrom('[]', 'data.xs') },
        ),
        maxParallel,
        onError: branchExit,
      }),
    },
  ),
}));

/** Builds documents out of blocks, from their ends to their beginnings. */
class Builder {
  #count = 0;
  #graphCount = 0;
  readonly graphs: GraphDefinition[] = [];
  readonly script: Record<string, readonly Behaviour[]> = {};
  readonly answered: string[] = [];

  constructor(private readonly merge: object) {}

  graph(program: readonly Block[], id: string): string {
    const parts = new Parts();
    const entry_point = this.#sequence(program, null, parts) ?? this.#node(parts, {});
    const { nodes, edges, conditional_edges, parallel_edges, for_each_edges } = parts;
    const links = { edges, conditional_edges, parallel_edges, for_each_edges };
    const document = { name: id, graph_id: id, entry_point, nodes, ...links, merge: this.merge };
    this.graphs.unshift(graphDefinitionSchema.parse(document));
    return id;
  }

  #sequence(program: readonly Block[], next: string | null, parts: Parts): string | null {
    return program.reduceRight<string | null>((after, block) => this.#block(block, after, parts), next);
  }

  #block(block: Block, next: string | null, parts: Parts): string {
    const on = next ?? 'END';
    const exits = (to: Exit | null) => this.#exit(to, next, parts);
    switch (block.kind) {
      case 'step': {
        const { retry, timeoutMs, param, does, leads } = block;
        const name = this.#node(
          parts,
          {
            ...exits(block.onError),
            retry,
            timeout_seconds: timeoutMs && timeoutMs / 1000,
            params: param && { value: param },
          },
          does,
        );
        if (leads !== 'nowhere') parts.link(name, leads === 'END' ? 'END' : next);
        return name;
      }
      case 'delay': {
        const seconds = `\${ ${block.ms / 1000} + 0.017 * (has(run.index) ? run.index : 0) }`;
        return parts.link(this.#node(parts, { tool_name: 'delay', params: { seconds } }), next);
      }
      case 'ask': {
        const expires = block.expiresMs === null ? {} : { expires_in_seconds: block.expiresMs / 1000 };
        const params = { message: 'Well?', schema: { type: 'string' }, ...expires };
        const name = this.#node(parts, { ...exits(block.onError), tool_name: 'wait_for_input', params });
        if (block.isAnswered) this.answered.push(name);
        return parts.link(name, next);
      }
      case 'call': {
        const params = { graph_id: this.graph(block.body, `sub-${++this.#graphCount}`), input: '${ run.step }' };
        const { retry } = block;
        return parts.link(this.#node(parts, { ...exits(block.onError), retry, tool_name: 'run_graph', params }), next);
      }
      case 'choice': {
        const [yes, no] = [block.yes, block.no].map((way) => this.#sequence(way, next, parts) ?? 'END');
        return this.#choice(block.when, yes!, no!, parts);
      }
      case 'loop': {
        const name = this.#node(parts, {});
        const to_node = this.#sequence(block.body, name, parts);
        parts.conditional_edges.push({ from_node: name, cases: [{ when: block.when, to_node }], otherwise: on });
        return to_node ?? name;
      }
      case 'parallel': {
        const from_node = this.#node(parts, {});
        const to_nodes = block.branches.map((branch) => this.#sequence(branch, on, parts));
        parts.parallel_edges.push({ from_node, to_nodes, join_node: on, ...this.#edge(block, exits) });
        return from_node;
      }
      case 'each': {
        const from_node = this.#node(parts, {});
        const to_node = this.#sequence(block.body, on, parts);
        const items = `\${ ${block.items} }`;
        const edge = { from_node, items, to_node, join_node: on, collect_as: 'got' };
        parts.for_each_edges.push({ ...edge, ...this.#edge(block, exits) });
        return from_node;
      }
    }
  }

  #edge(
    { maxParallel, onError }: { maxParallel: number | null; onError: Exit | null },
    exits: (to: Exit | null) => object,
  ) {
    return { ...(maxParallel !== null && { max_parallel: maxParallel }), ...exits(onError) };
  }

  #choice(when: string, yes: string, no: string, parts: Parts): string {
    const from_node = this.#node(parts, {});
    const byFunction = { condition_function: when, ...(when === 'many' && { routes: { yes, no } }) };
    const byCases = { cases: [{ when, to_node: yes }], otherwise: no };
    parts.conditional_edges.push({ from_node, ...(conditions.includes(when) ? byFunction : byCases) });
    return from_node;
  }

  #exit(to: Exit | null, next: string | null, parts: Parts): { on_error?: string } {
    if (to === null) return {};
    if (to === 'handler') return { on_error: parts.link(this.#node(parts, {}), next) };
    return { on_error: to === 'END' ? 'END' : (next ?? 'END') };
  }

  #node(parts: Parts, details: Record<string, unknown>, does: readonly Behaviour[] = [CALM]): string {
    const name = `n${++this.#count}`;
    const given = Object.fromEntries(Object.entries(details).filter(([, value]) => value !== null));
    parts.nodes.push({ name, tool_name: 'scripted', ...given });
    if (!('tool_name' in given)) this.script[name] = does;
    return name;
  }
}

class Parts {
  readonly nodes: object[] = [];
  readonly edges: object[] = [];
  readonly conditional_edges: object[] = [];
  readonly parallel_edges: object[] = [];
  readonly for_each_edges: object[] = [];

  link(from_node: string, to_node: string | null): string {
    if (to_node !== null) this.edges.push({ from_node, to_node });
    return from_node;
  }
}

const round: fc.Arbitrary<Round> = fc.record({
  cancelAfter: maybe(fc.integer({ min: 1, max: 9000 }), 1),
  maxSteps: maybe(fc.integer({ min: 10, max: 30 }), 1),
});
const rarely = <T>(arbitrary: fc.Arbitrary<T[]>) => fc.oneof(fc.constant<T[]>([]), arbitrary);
const rule = maybe(fc.constantFrom('sum', 'append', 'last'), 1);

/** Runs of graphs, with what happens to them. */
export const cases: fc.Arbitrary<Case> = fc
  .record({
    program,
    merge: fc.record({ a: rule, b: rule, error: maybe(fc.constant('last'), 1) }),
    input: fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 3 }),
    maxSteps: fc.oneof(fc.constant(30), fc.integer({ min: 1, max: 12 })),
    deadlineSeconds: maybe(
      fc.integer({ min: 1, max: 9000 }).map((ms) => ms / 1000),
      4,
    ),
    rounds: fc.array(round, { minLength: 1, maxLength: 3 }),
    restarts: rarely(fc.array(fc.integer({ min: 1, max: 9000 }), { maxLength: 2 })),
    crashes: rarely(fc.uniqueArray(fc.integer({ min: 1, max: 40 }), { maxLength: 3 })),
  })
  .map(({ program, merge, ...rest }) => {
    const rules = {
      n: 'sum',
      xs: 'append',
      ...Object.fromEntries(Object.entries(merge).filter(([, to]) => to !== null)),
    };
    const builder = new Builder(rules);
    builder.graph(program, 'main');
    return tidy({ ...rest, graphs: builder.graphs, script: builder.script, answered: builder.answered });
  });

/**
 * Leaves out what would depend on the order of things that happen at once, or on how long a call that is repeated
 * after a crash has been at work: deadlines of branches; deadlines, timeouts and stubborn tools where the server dies.
 */
function tidy(generated: Case): Case {
  const { graphs, script, deadlineSeconds } = generated;
  const branches = graphs.some((graph) => graph.parallel_edges?.length || graph.for_each_edges?.length);
  const dies = mayDie(generated);
  const nodes = (graph: GraphDefinition) => graph.nodes.map(({ timeout_seconds: _, ...node }) => node);
  const gentle = (one: Behaviour): Behaviour => ({
    ...one,
    isStubborn: false,
    does: one.does === 'hang' ? 'throw' : one.does,
  });
  return {
    ...generated,
    graphs: dies ? graphs.map((graph) => ({ ...graph, nodes: nodes(graph) })) : graphs,
    script: dies ? Object.fromEntries(Object.entries(script).map(([node, does]) => [node, does.map(gentle)])) : script,
    deadlineSeconds: branches || dies ? null : deadlineSeconds,
  };
}

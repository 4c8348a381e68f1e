import fc from 'fast-check';
import type { Json } from '../../src/core/base/json.js';
import type { Guards } from '../../src/core/base/run-options.js';
import { END, type GraphDefinition } from '../../src/core/graph/definition.js';
import { createRegistry, type Registry } from '../../src/core/tool/registry.js';
import type { AnyTool, Condition, ToolState } from '../../src/core/tool/tool.js';
import { FatalError, RetryableError } from '../../src/core/tool/tool-errors.js';
import { wait } from '../../src/core/tool/wait.js';
import { definitionOf, START } from './run-driver.js';

/** A graph with the functions that it names. */
export interface GeneratedGraph {
  readonly definition: GraphDefinition;
  readonly registry: Registry;
}

/** What happens to a run, besides its own steps, before or during one of them. */
export type Intervention =
  | { readonly kind: 'none' | 'cancel' | 'cancel_during_call' | 'crash' | 'drain' | 'snapshot' | 'answer' | 'retry' }
  | { readonly kind: 'pause' | 'pause_during_call' | 'unpause' | 'lift' }
  | { readonly kind: 'time_passes'; readonly ms: number }
  | { readonly kind: 'signal'; readonly name: string; readonly payload: Json }
  | { readonly kind: 'fork'; readonly fromStep: number };

const keys = fc.constantFrom('a', 'b', 'list', '1', '__proto__', 'constructor', 'toJSON', 'ключ');

const patches = fc
  .array(fc.tuple(keys, fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.constant(-0))), { maxLength: 4 })
  .map(
    // Object.fromEntries makes `__proto__` a key like any other.
    (entries) => Object.fromEntries(entries) as unknown,
  );

const cyclic: Record<string, unknown> = {};
cyclic.self = cyclic;
const junk = fc.constantFrom<unknown>(
  ...[undefined, null, 42, 'text', Number.NaN, true, 10n, Symbol('s'), [1], new Date(0), new Map(), () => 1, cyclic],
  ...[{ n: Number.NaN }, { deep: { f: () => 1 } }, { big: 1n }, { gone: undefined, kept: null }, { at: new Date(0) }],
);

type Act = { readonly value: unknown } | { readonly thrown: unknown };
const patchActs: fc.Arbitrary<Act> = patches.map((value) => ({ value }));
const throwActs: fc.Arbitrary<Act> = fc
  .constantFrom<unknown>(
    ...[new Error('boom'), new Error('two\nlines'), 'text', null, undefined, Object.create(null)],
    ...[new FatalError('fatal'), new RetryableError('later', { retryAfterSeconds: 3 })],
  )
  .map((thrown) => ({ thrown }));
const signalNames = fc.constantFrom('s', 'constructor');
const someMs = fc.integer({ min: 0, max: 30_000 });
const waitActs: fc.Arbitrary<Act> = fc
  .oneof(
    someMs.map((ms) => wait({ kind: 'timer', until: START + ms })),
    fc.constant(wait({ kind: 'input', message: 'Well?', schema: { type: 'object' } })),
    someMs.map((ms) => wait({ kind: 'input', message: 'Quick!', until: START + ms, saveAs: 'answer' })),
    signalNames.map((name) => wait({ kind: 'signal', name })),
    fc.record({ name: signalNames, ms: someMs }).map(({ name, ms }) => {
      return wait({ kind: 'signal', name, schema: { type: 'integer' }, until: START + ms, saveAs: 'signal' });
    }),
    ...[1, 2].map((n) => fc.constant(wait({ kind: 'graph', graphId: 'other', input: [n], saveAs: 'result' }))),
  )
  .map((value) => ({ value }));
const wildActs: fc.Arbitrary<Act> = fc.oneof(
  { weight: 12, arbitrary: patchActs },
  { weight: 4, arbitrary: waitActs },
  { weight: 1, arbitrary: junk.map((value) => ({ value })) },
  { weight: 1, arbitrary: throwActs },
);

function perform(act: Act | undefined): unknown {
  if (act !== undefined && 'thrown' in act) throw act.thrown;
  return act?.value;
}

/** A tool that does the same thing whenever it is called for the same attempt of a step. */
function scriptedTool(name: string, acts: readonly Act[]): AnyTool {
  return {
    name,
    run: (_, { idempotencyKey, log, attempt }) => {
      log(`${name} called`);
      const step = Number(idempotencyKey.split('/').at(-1));
      return perform(acts[(step + attempt) % acts.length]);
    },
  };
}

/** A condition that gives the same answer whenever it sees the same state, all of which it reads. */
function scriptedCondition(name: string, answers: readonly Act[], outcomes?: readonly string[]): Condition {
  const choose = (state: ToolState) => perform(answers[JSON.stringify(state).length % answers.length]) as string;
  return { name, choose, ...(outcomes === undefined ? {} : { outcomes }) };
}

const acts = <T>(arbitrary: fc.Arbitrary<T>) => fc.array(arbitrary, { minLength: 1, maxLength: 4 });

const whens = fc.constantFrom('true', 'false', 'has(data.a)', 'data.a == 1', 'size(data) > 1', 'run.step > 2');
const items = fc.constantFrom('${ [] }', '${ [1, {"a": 2}] }', '${ data.list }', '${ [data.a] }');
const policy = {
  max_attempts: fc.integer({ min: 1, max: 3 }),
  interval_seconds: fc.constantFrom(0, 1),
  jitter: fc.constantFrom('none', 'full'),
};
const filter = {
  on: fc.constantFrom(['tool_failed'], ['invalid_patch', 'wait_expired'], ['branch_failed', 'child_failed']),
  when: fc.constantFrom('error.attempt < 3', 'has(error.details)', 'error.details.gone == 1', 'data.a == error.code'),
};
const retries = fc.oneof(
  fc.record(policy),
  fc.array(fc.record({ ...filter, ...policy }, { requiredKeys: ['max_attempts', 'interval_seconds', 'jitter'] }), {
    minLength: 1,
    maxLength: 3,
  }),
);

/** What can stand in `on_error`. */
function exitsTo(targets: fc.Arbitrary<string>) {
  const entry = fc.record({ ...filter, to_node: targets }, { requiredKeys: ['to_node'] });
  return fc.oneof(targets, fc.array(entry, { minLength: 1, maxLength: 3 }));
}

/** Ways out of a node, as the edges that make them. */
function ways(targets: fc.Arbitrary<string>, names: readonly string[], answers: fc.Arbitrary<Act>) {
  const node = fc.constantFrom(...names);
  const onError = { on_error: fc.option(exitsTo(targets), { nil: undefined }) };
  const requiredKeys = <K extends string>(...keys: K[]) => ({ requiredKeys: keys });
  return fc.oneof(
    { weight: 1, arbitrary: fc.constant({ kind: 'none' as const }) },
    { weight: 4, arbitrary: targets.map((to_node) => ({ kind: 'edges' as const, edge: { to_node } })) },
    { weight: 3, arbitrary: acts(answers).map((list) => ({ kind: 'condition' as const, list })) },
    {
      weight: 2,
      arbitrary: fc
        .record({
          cases: fc.array(fc.record({ when: whens, to_node: targets }), { minLength: 1, maxLength: 2 }),
          otherwise: targets,
        })
        .map((edge) => ({ kind: 'conditional_edges' as const, edge })),
    },
    {
      weight: 2,
      arbitrary: fc
        .record(
          { to_nodes: fc.uniqueArray(node, { minLength: 1, maxLength: 3 }), join_node: targets, ...onError },
          requiredKeys('to_nodes', 'join_node'),
        )
        .map((edge) => ({ kind: 'parallel_edges' as const, edge })),
    },
    {
      weight: 2,
      arbitrary: fc
        .record(
          { items, to_node: node, join_node: targets, collect_as: fc.constantFrom('list', '__proto__'), ...onError },
          requiredKeys('items', 'to_node', 'join_node', 'collect_as'),
        )
        .map((edge) => ({ kind: 'for_each_edges' as const, edge })),
    },
  );
}

/**
 * Graphs of 1 to 8 nodes with loops, dead ends, conditions, branches and retries, which have whatever they name;
 * their tools and conditions may wait, return junk or throw.
 */
export const wildGraphs: fc.Arbitrary<GeneratedGraph> = fc.integer({ min: 1, max: 8 }).chain((size) => {
  const names = Array.from({ length: size }, (_, index) => `n${index}`);
  const targets = fc.constantFrom(...names, END);
  const answers: fc.Arbitrary<Act> = fc.oneof(
    { weight: 15, arbitrary: targets.map((value) => ({ value })) },
    {
      weight: 1,
      arbitrary: fc.constantFrom<unknown>('n99', 7, null, ['n0'], Promise.resolve('n0')).map((value) => ({ value })),
    },
    { weight: 1, arbitrary: throwActs },
  );
  const node = fc.record(
    { acts: acts(wildActs), way: ways(targets, names, answers), retry: retries, on_error: exitsTo(targets) },
    { requiredKeys: ['acts', 'way'] },
  );
  return fc.array(node, { minLength: size, maxLength: size }).map((plan) => {
    const functions = plan.map(({ acts }, index) => scriptedTool(`tool_${index}`, acts) as AnyTool | Condition);
    const edges: Record<string, object[]> = {
      edges: [],
      conditional_edges: [],
      parallel_edges: [],
      for_each_edges: [],
    };
    for (const [index, { way }] of plan.entries()) {
      const from_node = `n${index}`;
      if (way.kind === 'condition') {
        functions.push(scriptedCondition(`condition_${index}`, way.list));
        edges.conditional_edges?.push({ from_node, condition_function: `condition_${index}` });
      } else if (way.kind !== 'none') edges[way.kind]?.push({ from_node, ...way.edge });
    }
    const nodes = plan.map(({ acts: _, way: __, ...rest }, index) => {
      return { name: `n${index}`, tool_name: `tool_${index}`, ...rest };
    });
    const definition = definitionOf({ entry_point: 'n0', nodes, ...edges, merge: { b: 'last', a: 'sum' } });
    return { definition, registry: createRegistry(functions) };
  });
});

/** What becomes of child runs. */
export const childEnds: fc.Arbitrary<readonly ('a' | 'b' | 'nothing' | 'fails' | 'cancelled')[]> = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom('a', 'b', 'nothing') },
    { weight: 2, arbitrary: fc.constantFrom('fails', 'cancelled') },
  ),
  { minLength: 1, maxLength: 6 },
);

/** What happens around each turn of a run. Mostly nothing. */
export const interventions: fc.Arbitrary<Intervention[]> = fc.array(
  fc.oneof(
    { weight: 10, arbitrary: fc.constant<Intervention>({ kind: 'none' }) },
    {
      weight: 5,
      arbitrary: fc
        .constantFrom<Intervention['kind']>('crash', 'crash', 'drain', 'snapshot', 'snapshot', 'answer', 'retry')
        .map((kind) => ({ kind }) as Intervention),
    },
    {
      weight: 1,
      arbitrary: fc.integer({ min: 1, max: 4 }).map((fromStep): Intervention => ({ kind: 'fork', fromStep })),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant('signal' as const),
        name: signalNames,
        payload: fc.constantFrom<Json>(1, 2, 'text'),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.constantFrom<Intervention>({ kind: 'pause' }, { kind: 'pause_during_call' }, { kind: 'unpause' }),
    },
    { weight: 2, arbitrary: fc.constant<Intervention>({ kind: 'lift' }) },
    { weight: 1, arbitrary: fc.constantFrom<Intervention>({ kind: 'cancel' }, { kind: 'cancel_during_call' }) },
    {
      weight: 3,
      arbitrary: fc.integer({ min: 0, max: 8000 }).map((ms): Intervention => ({ kind: 'time_passes', ms })),
    },
  ),
  { maxLength: 40 },
);

/**
 * Any document that fits the schema, from so few names that some of them fit together.
 * Tidy ones have no duplicates, so that many are accepted.
 */
export function looseGraphs(names: readonly string[], isTidy = false): fc.Arbitrary<GeneratedGraph> {
  const some = <T extends object>(arbitrary: fc.Arbitrary<T>, key: keyof T, maxLength: number) =>
    isTidy
      ? fc.uniqueArray(arbitrary, { selector: (item) => item[key], maxLength })
      : fc.array(arbitrary, { maxLength });
  const name = fc.constantFrom(...names);
  const source = fc.constantFrom(...names);
  const target = fc.constantFrom(...names, END);
  const outcome = fc.constantFrom(...names, END, 'yes', 'a/b~c');
  const tool = isTidy ? fc.constantFrom('any', 'picky') : fc.constantFrom('any', 'picky', 'broken', 'gone');
  const conditions = ['free', 'declared', 'two_ways', ...(isTidy ? [] : ['gone'])];
  const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 3 });
  const when = fc.constantFrom('true', 'has(data.count) && data.count > 1', ...(isTidy ? [] : ['data.', '1']));
  const byCases = fc.record({
    from_node: source,
    cases: fc.array(fc.record({ when, to_node: target }), { minLength: 1, maxLength: 2 }),
    otherwise: target,
  });
  const parallel = fc.record({
    from_node: source,
    to_nodes: fc.array(name, { minLength: 1, maxLength: 3 }),
    join_node: target,
    on_error: maybe(isTidy ? target : exitsTo(target)),
  });
  const forEach = fc.record({
    from_node: source,
    items: fc.constantFrom('${ [1, 2] }', ...(isTidy ? [] : ['${ 1 }', '[]', '${'])),
    to_node: name,
    join_node: target,
    collect_as: fc.constant('list'),
    on_error: maybe(target),
  });
  return fc
    .record({
      entry_point: source,
      nodes: some(
        fc.record({
          name,
          tool_name: tool,
          params: fc.constantFrom<object>(
            ...[{ n: 1 }, { n: '${ 1 + 1 }' }],
            ...(isTidy ? [] : [{ n: 'x' }, { n: '${ x', m: 1 }]),
          ),
          on_error: maybe(exitsTo(target)),
        }),
        'name',
        6,
      ).filter((nodes) => nodes.length > 0),
      edges: some(fc.record({ from_node: source, to_node: target }), 'from_node', 5),
      conditional_edges: some(
        fc.oneof(
          byCases,
          fc.record({
            from_node: source,
            condition_function: fc.constantFrom(...conditions),
            routes: fc.dictionary(outcome, target, { maxKeys: 3 }),
          }),
        ),
        'from_node',
        3,
      ),
      parallel_edges: some(parallel, 'from_node', 2),
      for_each_edges: some(forEach, 'from_node', 1),
    })
    .map((document) => ({
      definition: definitionOf(isTidy ? tidied(document) : document),
      registry: honestRegistry(document.nodes.map((n) => n.name)),
    }));
}

/** Keeps one edge for each node, and of those the ones that name nodes which are there. */
function tidied<D extends { readonly nodes: readonly { readonly name: string }[] }>(document: D): D {
  const known = new Set([...document.nodes.map(({ name }) => name), END]);
  const taken = new Set<string>();
  const isTidy = (edge: Record<string, unknown>): boolean => {
    const from = String(edge.from_node);
    const names = ['from_node', 'to_node', 'join_node', 'on_error', 'otherwise'].map((key) => edge[key] ?? END);
    const lists = [edge.to_nodes ?? [], Object.values(edge.routes ?? {})].flat();
    if (taken.has(from) || ![...names, ...lists].every((name) => known.has(String(name)))) return false;
    taken.add(from);
    return true;
  };
  const kinds = ['for_each_edges', 'parallel_edges', 'conditional_edges', 'edges'];
  const edges = kinds.map((kind) => {
    return [kind, ((document as Record<string, unknown>)[kind] as Record<string, unknown>[]).filter(isTidy)];
  });
  return { ...document, ...Object.fromEntries(edges) };
}

/** Tools that work, and conditions that only ever answer what they may. */
function honestRegistry(nodes: readonly string[]): Registry {
  const honest = (names: readonly string[]) => names.map((value) => ({ value }));
  const broken = () => {
    throw new Error('no schema today');
  };
  const picky = (value: unknown) => {
    const issue = { path: ['n'], message: 'must be a number' };
    const isRight = typeof (value as { n?: unknown }).n === 'number';
    return isRight
      ? ({ success: true, data: value } as const)
      : ({ success: false, error: { issues: [issue] } } as const);
  };
  return createRegistry([
    { name: 'any', run: ({ data }) => ({ count: ((data.count as number | undefined) ?? 0) + 1 }) },
    { name: 'picky', params: { safeParse: picky }, run: () => ({ picky: true }) },
    { name: 'broken', params: { safeParse: broken }, run: () => ({}) },
    scriptedCondition('free', honest([...nodes, END])),
    scriptedCondition('declared', honest(['yes']), ['yes']),
    scriptedCondition('two_ways', honest([END, 'n1']), [END, 'n1']),
  ]);
}

/** Limits besides those of steps and time. */
export const anyGuards: fc.Arbitrary<Guards> = fc.record(
  {
    max_visits: fc.integer({ min: 1, max: 5 }),
    no_progress: fc.integer({ min: 1, max: 3 }),
    on_limit: fc.constantFrom('fail', 'wait'),
  },
  { requiredKeys: [] },
);

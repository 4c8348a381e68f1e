import fc from 'fast-check';
import { END, type GraphDefinition } from '../../src/core/graph.js';
import { createRegistry, type Registry } from '../../src/core/registry.js';
import type { AnyTool, Condition, ToolState } from '../../src/core/tool.js';
import { definitionOf } from './run-driver.js';

/** A graph with the functions that it names. */
export interface GeneratedGraph {
  readonly definition: GraphDefinition;
  readonly registry: Registry;
}

/** What happens to a run, besides its own steps, before or during one of them. */
export type Intervention =
  | { readonly kind: 'none' | 'cancel' | 'cancel_during_call' | 'crash' | 'drain' | 'snapshot' }
  | { readonly kind: 'time_passes'; readonly ms: number };

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
  .constantFrom<unknown>(new Error('boom'), new Error('two\nlines'), 'text', null, undefined, Object.create(null))
  .map((thrown) => ({ thrown }));
const wildActs: fc.Arbitrary<Act> = fc.oneof(
  { weight: 12, arbitrary: patchActs },
  { weight: 1, arbitrary: junk.map((value) => ({ value })) },
  { weight: 1, arbitrary: throwActs },
);

function perform(act: Act | undefined): unknown {
  if (act !== undefined && 'thrown' in act) throw act.thrown;
  return act?.value;
}

/** A tool that does the same thing whenever it is called for the same step. */
function scriptedTool(name: string, acts: readonly Act[]): AnyTool {
  return {
    name,
    run: (_, { idempotencyKey, log }) => {
      log(`${name} called`);
      const step = Number(idempotencyKey.split('/').at(-1));
      return perform(acts[step % acts.length]);
    },
  };
}

/** A condition that gives the same answer whenever it sees the same state, all of which it reads. */
function scriptedCondition(name: string, answers: readonly Act[], outcomes?: readonly string[]): Condition {
  const choose = (state: ToolState) => perform(answers[JSON.stringify(state).length % answers.length]) as string;
  return { name, choose, ...(outcomes === undefined ? {} : { outcomes }) };
}

const acts = <T>(arbitrary: fc.Arbitrary<T>) => fc.array(arbitrary, { minLength: 1, maxLength: 4 });

/**
 * Graphs of 1 to 8 nodes with loops, dead ends and conditions, which the graph doctor accepts;
 * their tools and conditions may return junk or throw.
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
  const ways = fc.oneof(
    { weight: 1, arbitrary: fc.constant({ kind: 'none' as const }) },
    { weight: 3, arbitrary: targets.map((to) => ({ kind: 'edge' as const, to })) },
    { weight: 3, arbitrary: acts(answers).map((list) => ({ kind: 'condition' as const, list })) },
  );
  return fc.array(fc.record({ acts: acts(wildActs), way: ways }), { minLength: size, maxLength: size }).map((plan) => {
    const functions = plan.map((node, index) => scriptedTool(`tool_${index}`, node.acts) as AnyTool | Condition);
    const edges: unknown[] = [];
    const conditional_edges: unknown[] = [];
    for (const [index, { way }] of plan.entries()) {
      const from_node = `n${index}`;
      if (way.kind === 'edge') edges.push({ from_node, to_node: way.to });
      if (way.kind !== 'condition') continue;
      functions.push(scriptedCondition(`condition_${index}`, way.list));
      conditional_edges.push({ from_node, condition_function: `condition_${index}` });
    }
    const nodes = names.map((name, index) => ({ name, tool_name: `tool_${index}` }));
    const definition = definitionOf({ entry_point: 'n0', nodes, edges, conditional_edges });
    return { definition, registry: createRegistry(functions) };
  });
});

/** What happens around each turn of a run. Mostly nothing. */
export const interventions: fc.Arbitrary<Intervention[]> = fc.array(
  fc.oneof(
    { weight: 10, arbitrary: fc.constant<Intervention>({ kind: 'none' }) },
    {
      weight: 5,
      arbitrary: fc
        .constantFrom<Intervention['kind']>('crash', 'crash', 'drain', 'snapshot', 'snapshot')
        .map((kind) => ({ kind }) as Intervention),
    },
    { weight: 1, arbitrary: fc.constantFrom<Intervention>({ kind: 'cancel' }, { kind: 'cancel_during_call' }) },
    {
      weight: 3,
      arbitrary: fc.integer({ min: 0, max: 5000 }).map((ms): Intervention => ({ kind: 'time_passes', ms })),
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
  return fc
    .record({
      entry_point: source,
      nodes: some(
        fc.record({ name, tool_name: tool, params: fc.constantFrom({ n: 1 }, { n: 1 }, { n: 'x' }) }),
        'name',
        6,
      ).filter((nodes) => nodes.length > 0),
      edges: some(fc.record({ from_node: source, to_node: target }), 'from_node', 5),
      conditional_edges: some(
        fc.record({
          from_node: source,
          condition_function: fc.constantFrom(...conditions),
          routes: fc.dictionary(outcome, target, { maxKeys: 3 }),
        }),
        'from_node',
        3,
      ),
    })
    .map((document) => ({
      definition: definitionOf(document),
      registry: honestRegistry(document.nodes.map((n) => n.name)),
    }));
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

import fc from 'fast-check';
import type { JsonObject } from '../../src/core/base/json.js';
import type { GraphDefinition } from '../../src/core/graph/definition.js';
import { type Block, Builder, conditions, type Exit, type Exits, type Join, type Step } from './graph-builder.js';
import { type Behaviour, type Case, gentle, mayDie, type Round, type Sent, type Toggle } from './script.js';

const behaviour: fc.Arbitrary<Behaviour> = fc.record({
  does: fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom('nothing', 'set_a', 'set_b', 'add', 'push', 'param') },
    {
      weight: 2,
      arbitrary: fc.constantFrom(
        'throw',
        'throw',
        'throw',
        'fatal',
        'retryable',
        'refuse',
        'complain',
        'number',
        'nan',
        'hang',
      ),
    },
  ) as fc.Arbitrary<Behaviour['does']>,
  value: fc.integer({ min: 1, max: 3 }),
  isSync: fc.boolean(),
  isStubborn: fc.oneof({ weight: 5, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
  logs: fc.boolean(),
});

/** Null this many times as often as not. */
const maybe = <T>(arbitrary: fc.Arbitrary<T>, nulls = 1) =>
  fc.oneof({ weight: nulls, arbitrary: fc.constant(null) }, { weight: 1, arbitrary });
/** Which errors an entry of a list is for. */
const filter = {
  on: maybe(
    fc.uniqueArray(
      fc.constantFrom(
        ...['tool_failed', 'refuse', 'complain', 'invalid_patch', 'timeout'],
        ...['expression_failed', 'wait_expired', 'child_failed', 'branch_failed', 'join_failed'],
      ),
      { minLength: 1, maxLength: 4 },
    ),
  ),
  when: maybe(
    fc.constantFrom(
      'error.attempt < 3',
      'error.details.value > 1',
      'error.code == "tool_failed" || has(error.details)',
      'error.details.error.code == "tool_failed"',
      'has(data.n) && error.message.size() > 3',
      'run.step < 3',
      'false',
    ),
  ),
};
const target = fc.constantFrom<Exit>('next', 'handler', 'END');
const exits: fc.Arbitrary<Exits> = fc.oneof(
  target,
  fc.array(fc.record({ ...filter, to: target }), { minLength: 1, maxLength: 3 }),
);
const exit = maybe(exits, 1);
const policy = {
  max_attempts: fc.integer({ min: 1, max: 3 }),
  interval_seconds: fc.constantFrom(0, 0.211, 1.5),
  backoff_rate: fc.constantFrom(1, 3),
  max_delay_seconds: fc.constantFrom(2, 900),
  jitter: fc.constantFrom('none', 'full'),
};
const retry = maybe(
  fc.oneof(fc.record(policy), fc.array(fc.record({ ...filter, ...policy }), { minLength: 1, maxLength: 3 })),
);
const maxParallel = maybe(fc.integer({ min: 1, max: 2 }), 1);
const branchExit = exit;
const join: fc.Arbitrary<Join> = fc.oneof(
  { weight: 5, arbitrary: fc.constant<Join>({}) },
  {
    weight: 4,
    arbitrary: fc.record({
      join: fc.constantFrom('any' as const, 1, 2, 2, 3),
      collect_errors_as: fc.constantFrom('errors', undefined),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      max_failures: fc.constantFrom(1, 1, 2),
      collect_errors_as: fc.constantFrom('errors', undefined),
    }),
  },
);
/** A step that fails in several ways, each of which a policy of its list is for: the policies count for themselves. */
const failures = fc.constantFrom<Behaviour['does']>('throw', 'refuse', 'complain', 'nothing');
const flakyStep = fc.record({
  kind: fc.constant('step' as const),
  does: fc.array(
    failures.map((does): Behaviour => ({ does, value: 1, isSync: false, isStubborn: false, logs: false })),
    { minLength: 2, maxLength: 4 },
  ),
  retry: fc.array(
    fc.record({
      ...policy,
      on: fc.constantFrom(['tool_failed'], ['refuse'], ['complain'], ['refuse', 'complain']),
      when: fc.constant(null),
      max_attempts: fc.integer({ min: 2, max: 4 }),
      interval_seconds: fc.constantFrom(0, 0.211),
    }),
    { minLength: 2, maxLength: 3 },
  ),
  onError: exit,
  timeoutMs: fc.constant(null),
  param: fc.constant(null),
  leads: fc.constant<Step['leads']>('on'),
});
const signalName = fc.constantFrom('s', 's', 'constructor');

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
    { weight: 2, arbitrary: flakyStep },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('delay' as const), ms: fc.integer({ min: 1, max: 3000 }) }) },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('ask' as const),
        isAnswered: fc.boolean(),
        expiresMs: maybe(fc.integer({ min: 1, max: 3000 })),
        retry,
        onError: exit,
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant('signal' as const),
        name: signalName,
        isSent: fc.boolean(),
        expiresMs: maybe(fc.integer({ min: 1, max: 3000 })),
        retry,
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
        join,
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
        join,
        onError: branchExit,
      }),
    },
  ),
}));

const correction = maybe(
  fc.constantFrom<JsonObject>({ n: 5 }, { a: 1 }, { b: 'corrected' }, { xs: [4, 4] }, { n: 0, error: null }),
  2,
);
const round: fc.Arbitrary<Round> = fc.record({
  cancelAfter: maybe(fc.integer({ min: 1, max: 9000 }), 1),
  maxSteps: maybe(fc.integer({ min: 10, max: 30 }), 1),
  data: correction,
  result: correction,
});
/** A pause, and how it ends: soon, late, or not at all. Some are of runs that are not there. */
const pause: fc.Arbitrary<Toggle[]> = fc
  .record({
    after: fc.oneof(fc.integer({ min: 1, max: 2500 }), fc.integer({ min: 1, max: 9000 })),
    lasts: fc.oneof(
      { weight: 4, arbitrary: fc.integer({ min: 1, max: 2500 }) },
      { weight: 4, arbitrary: fc.integer({ min: 1, max: 9000 }) },
      { weight: 1, arbitrary: fc.constant(null) },
    ),
    path: fc.oneof(
      { weight: 4, arbitrary: fc.constant([]) },
      { weight: 4, arbitrary: fc.tuple(fc.integer({ min: 0, max: 2 })) },
      { weight: 1, arbitrary: fc.tuple(fc.integer({ min: 0, max: 1 }), fc.integer({ min: 0, max: 1 })) },
    ),
  })
  .map(({ after, lasts, path }) => [
    { after, pauses: true, path },
    ...(lasts === null ? [] : [{ after: after + lasts, pauses: false, path }]),
  ]);
/** Most runs have few, and each has them at the start. */
const commit = fc.oneof(fc.integer({ min: 1, max: 10 }), fc.integer({ min: 1, max: 40 }));
const rarely = <T>(arbitrary: fc.Arbitrary<T[]>) => fc.oneof(fc.constant<T[]>([]), arbitrary);
const sent: fc.Arbitrary<Sent> = fc.record({
  after: fc.integer({ min: 1, max: 9000 }),
  name: signalName,
  payload: fc.oneof(
    { weight: 5, arbitrary: fc.integer({ min: 1, max: 999 }) },
    { weight: 1, arbitrary: fc.constant('misfit' as const) },
  ),
});
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
    signals: rarely(fc.uniqueArray(sent, { maxLength: 6, selector: ({ after }) => after })),
    toggles: rarely(fc.array(pause, { minLength: 1, maxLength: 5 }).map((pauses) => pauses.flat())),
    restarts: rarely(fc.array(fc.integer({ min: 1, max: 9000 }), { maxLength: 2 })),
    crashes: rarely(fc.uniqueArray(commit, { maxLength: 3 })),
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
  return {
    ...generated,
    graphs: dies ? graphs.map((graph) => ({ ...graph, nodes: nodes(graph) })) : graphs,
    script: dies ? Object.fromEntries(Object.entries(script).map(([node, does]) => [node, does.map(gentle)])) : script,
    deadlineSeconds: branches || dies ? null : deadlineSeconds,
  };
}

import { describe, expect, it } from 'vitest';
import type { Json } from '../../../src/core/base/json.js';
import { applyPatch } from '../../../src/core/base/json-patch.js';
import { finishSteps } from '../../../src/core/base/steps.js';
import type { Capsule } from '../../../src/core/capsule/document.js';
import { graphsIn } from '../../../src/core/capsule/graphs-in.js';
import { makeCapsule } from '../../../src/core/capsule/make-capsule.js';
import { readCapsule } from '../../../src/core/capsule/read-capsule.js';
import { RunReader } from '../../../src/core/capsule/read-runs.js';
import type { RunEvent } from '../../../src/core/run/events.js';
import { capsuleOf, family, reading, recordsOf, sha256, submitted } from './capsules.js';

type Edit = readonly [path: string, value: unknown] | { readonly remove: string };

function edited(document: Capsule, ...edits: readonly Edit[]): Capsule {
  const patch = edits.map((edit) =>
    'remove' in edit
      ? ({ op: 'remove', path: edit.remove } as const)
      : ({ op: 'replace', path: edit[0], value: edit[1] as Json } as const),
  );
  return applyPatch(document, patch);
}

/** Problems of the capsule of a family, edited. */
function problemsAfter(...edits: readonly Edit[]): unknown {
  return problemsIn(edited(capsuleOf(family()), ...edits));
}

function problemsIn(document: unknown): unknown {
  return reading(document).problems?.map(({ pointer, code }) => `${code} at ${pointer}`);
}

function repeat(event: RunEvent): readonly RunEvent[] {
  return [event, event, event, event];
}

/** Problems of the capsule of a run with these events. */
function problemsOf(events: readonly RunEvent[]): unknown {
  const runId = 'run-1';
  return problemsIn(capsuleOf({ runId, records: recordsOf(runId, [submitted, ...events]), children: [] }));
}

describe('a capsule', () => {
  it('is read back as the recording that it was made of', () => {
    const { capsule } = reading(capsuleOf(family()));
    expect(capsule?.recording).toEqual(family());
    expect(capsule?.graphs.map(({ graph_id, version }) => `${graph_id}@${version}`)).toEqual(['my-graph@2', 'inner@7']);
  });

  it('says at a glance what the run is', () => {
    const { run, capsule, exported_at, release, digest } = capsuleOf(family());
    expect({ capsule, exported_at, release }).toEqual({
      capsule: 1,
      exported_at: '2026-01-31T09:30:00.000Z',
      release: '1.0.0',
    });
    expect(run).toEqual({
      run_id: 'run-1',
      graph_id: 'my-graph',
      graph_version: 2,
      status: 'WAITING',
      metadata: { team: 'x' },
      started_by: { kind: 'api', id: null },
      submitted_at: '2026-01-01T00:00:00.000Z',
      finished_at: null,
      current_node: 'd',
      waiting_for: 'graph',
      error: null,
      step_count: 1,
      data: { deep: { b: 1, a: [null] } },
    });
    expect(digest).toMatch(/^sha256:[0-9a-f]{64}$/);
    const ended = { ...family(), records: recordsOf('run-1', [submitted, { type: 'run.completed', reason: 'end' }]) };
    expect(capsuleOf({ ...ended, children: [] }).run).toMatchObject({
      status: 'COMPLETED',
      finished_at: '2026-01-01T00:00:01.000Z',
      current_node: null,
      waiting_for: null,
    });
  });

  it('has the graphs of a step that has not started its run yet', () => {
    const all = finishSteps(graphsIn({ ...family(), children: [] }));
    expect(finishSteps(graphsIn(family()))).toEqual(all);
    expect(all).toEqual([
      { graphId: 'my-graph', version: 2 },
      { graphId: 'inner', version: 7 },
    ]);
    const wait = { kind: 'graph', until: null, save_as: 'x' } as const;
    const events = [submitted, { type: 'wait.started', step: 1, node: 'a', attempt: 1, logs: [], wait }] as const;
    expect(finishSteps(graphsIn({ runId: 'r', records: recordsOf('r', events), children: [] }))).toHaveLength(1);
  });

  it('has each version that the run was moved to', () => {
    const moved = { type: 'run.migrated', from_version: 2, to_version: 5 } as const;
    const records = recordsOf('r', [submitted, { type: 'run.started', next: 'a' }, moved]);
    expect(finishSteps(graphsIn({ runId: 'r', records, children: [] }))).toEqual([
      { graphId: 'my-graph', version: 2 },
      { graphId: 'my-graph', version: 5 },
    ]);
  });

  it('has the same digest however it is written, and another one after any change', () => {
    const document = capsuleOf(family());
    const turn = (value: object): object => Object.fromEntries(Object.entries(value).reverse());
    const events = document.events.map((event) => turn({ ...event, payload: turn(event.payload) }));
    expect(reading({ ...turn(document), events }).problems).toBeUndefined();
    const changes: readonly Edit[][] = [
      [['/events/2/payload/patch/deep/b', 2]],
      [{ remove: '/events/5' }, { remove: '/children/2' }],
      [['/children/0/events/1/time', '2026-01-01T00:00:02.000Z']],
      [['/children', document.children.toReversed()]],
      [['/graphs/0/definition/name', 'h']],
      [['/run/status', 'COMPLETED']],
      [['/later', 1]],
    ];
    for (const edits of changes) expect(problemsAfter(...edits)).toEqual(['wrong_digest at /digest']);
  });
});

describe('a capsule that cannot be read', () => {
  it('says that its version is another one, before anything else', () => {
    expect(problemsAfter(['/capsule', 2], ['/events', null])).toEqual(['unknown_version at /capsule']);
  });

  it('has another form: each problem says where', () => {
    expect(reading(null).problems).toMatchObject([{ pointer: '', code: 'required' }]);
    expect(problemsAfter(['/events', 1], ['/digest', undefined], ['/graphs', [{ definition: [] }]])).toEqual([
      'required at /graphs/0/graph_id',
      'required at /graphs/0/version',
      'invalid_value at /graphs/0/definition',
      'invalid_value at /events',
      'required at /digest',
    ]);
  });

  it('holds what no JSON document can hold safely', () => {
    let deep: unknown = 1;
    for (let depth = 0; depth < 300; depth++) deep = [deep];
    expect(problemsAfter(['/events/0/payload/input_data', deep])).toEqual(['too_deep at ']);
    expect(problemsAfter(['/run/data', Number.POSITIVE_INFINITY])).toEqual(['invalid_value at ']);
  });

  it.each<[string, string, Edit]>([
    ['a run has no id', 'invalid_value at /children/0/run_id', ['/children/0/run_id', '']],
    ['a run has no events', 'missing_event at /events', ['/events', []]],
    ['its events are no list', 'invalid_type at /children/0/events', ['/children/0/events', {}]],
    ['its runs inside are no list', 'invalid_type at /children/0/children', ['/children/0/children', undefined]],
    ['a run is none', 'invalid_type at /children/1', ['/children/1', null]],
    ['a run is there twice', 'duplicate_run at /children/1/run_id', ['/children/1/run_id', 'run-2']],
    ['an event is none', 'invalid_type at /events/1', ['/events/1', []]],
    ['an event has no type', 'invalid_type at /events/1/type', ['/events/1/type', undefined]],
    ['an event is missing', 'missing_event at /events/2/seq', { remove: '/events/2' }],
    ['the first event is missing', 'missing_event at /events/0/seq', { remove: '/events/0' }],
    ['an event has no number', 'missing_event at /events/2/seq', ['/events/2/seq', '3']],
    ['a time is none', 'invalid_format at /events/1/time', ['/events/1/time', 'now']],
    ['a time is a number', 'invalid_format at /events/1/time', ['/events/1/time', 5]],
    ['a time is written another way', 'invalid_format at /events/1/time', ['/events/1/time', '2026-01-01']],
    ['a payload is none', 'invalid_type at /events/1/payload', ['/events/1/payload', 'x']],
    ['a type is unknown', 'unreadable_event at /events/1', ['/events/1/type', 'run.dreamt']],
    ['a payload does not fit', 'unreadable_event at /events/1', ['/events/1/payload/next', 5]],
    ['a graph is missing', 'missing_graph at /graphs', { remove: '/graphs/1' }],
  ])('tells where %s', (_, problem, edit) => {
    expect(problemsAfter(edit)).toEqual([problem]);
  });

  const parent = { run_id: 'run-1', seq: 4, index: 1, kind: 'branch', depth: 1 };
  const link = (change: object): Edit => ['/children/1/events/0/payload/parent', { ...parent, ...change }];
  it.each<[string, Edit]>([
    ['has no parent', ['/children/1/events/0/payload/parent', undefined]],
    ['has another parent', link({ run_id: 'run-9' })],
    ['has a depth that does not fit', link({ depth: 2 })],
    ['hangs at an event that starts none', link({ seq: 3 })],
    ['hangs at an event that is missing', link({ seq: 77 })],
    ['is one too many', link({ index: 2 })],
    ['has the index of another one', link({ index: 0 })],
    ['is no branch', link({ kind: 'graph' })],
    ['is no graph', link({ seq: 6, index: 0 })],
  ])('tells of a run inside it that %s', (_, edit) => {
    expect(problemsAfter(edit)).toEqual(['wrong_parent at /children/1/events/0/payload/parent']);
  });

  it('is one of a run inside another one', () => {
    const parent = { run_id: 'run-0', seq: 4, index: 0, kind: 'branch', depth: 1 } as const;
    expect(problemsAfter(['/events/0/payload/parent', parent])).toEqual(['wrong_parent at /events/0/payload/parent']);
  });

  it('waits until a time that no date can have', () => {
    const wait = (until: number) => ({ kind: 'timer', until, save_as: 'a' }) as const;
    const started = (until: number): RunEvent[] => [
      { type: 'run.started', next: 'a' },
      { type: 'wait.started', step: 1, node: 'a', attempt: 1, logs: [], wait: wait(until) },
    ];
    expect(problemsOf(started(8.64e15 + 1))).toEqual(['unreadable_event at /events/2']);
    expect(problemsOf(started(8.64e15))).toBeUndefined();
  });

  it('is submitted twice', () => {
    expect(problemsOf([submitted])).toEqual(['unreadable_event at /events/1']);
  });

  it('has a step with more log lines than a step can have', () => {
    const logs = Array.from({ length: 1002 }, () => 'x');
    expect(problemsOf([{ type: 'run.cancelled', logs }])).toEqual(['too_big at /events/1/payload/logs']);
  });

  it.each<[string, readonly RunEvent[]]>([
    ['keys', [{ type: 'run.retried', data: { a: 1, b: 2, c: 3 } }, ...repeat({ type: 'run.retried', data: { a: 2 } })]],
    ['nodes', ['a', 'b', 'c', 'd', 'e'].map((next) => ({ type: 'run.started', next }))],
    ['signals', repeat({ type: 'signal.received', name: 's', payload: null })],
  ])('copies its %s so often that folding it would take minutes', (_, events) => {
    const run = capsuleOf({ runId: 'r', records: recordsOf('r', [submitted, ...events]), children: [] });
    const problemsWith = (maxCopied: number) => {
      const reader = new RunReader(maxCopied);
      finishSteps(reader.read({ ...run, run_id: 'r' }, '', undefined));
      return reader.problems.map(({ pointer, code }) => `${code} at ${pointer}`);
    };
    expect(problemsWith(100)).toEqual([]);
    expect(problemsWith(8)).toEqual([expect.stringMatching(/^too_big at \/events\/[34]$/)]);
  });

  it('is read no further once it has twenty problems', () => {
    const document = capsuleOf(family());
    const children = Array.from({ length: 90 }, () => 1);
    expect(reading({ ...document, children }).problems).toHaveLength(20);
  });
});

describe('a large capsule', () => {
  it('is made and read in many steps, none of which takes long', () => {
    const text = 'x'.repeat(70_000);
    const data = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`k${index}`, index]));
    const set: RunEvent = { type: 'run.retried', data: { ...data, text } };
    const lines = Array.from({ length: 1200 }, () => ({ type: 'pause.requested' }) as const);
    const records = recordsOf('r', [submitted, set, ...lines]);
    const parts = { recording: { runId: 'r', records, children: [] }, graphs: [], exportedAt: 0, release: '1' };
    const making = [...makeCapsule(parts, sha256)].length;
    const reads = [...readCapsule(capsuleOf(parts.recording), sha256)].length;
    expect(making).toBeGreaterThan(5);
    expect(reads).toBeGreaterThan(10);
    expect([...graphsIn(parts.recording)].length).toBeGreaterThan(1);
  });
});

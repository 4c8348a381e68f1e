import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { EventRecord } from '../../src/core/run/events.js';
import { linesOf as serverLinesOf } from '../../src/core/run/log-lines.js';
import { StepReader, type StepView } from '../../src/core/run/steps.js';
import { eventOf } from '../../src/core/run/stored-events.js';
import { type CapsuleEvent, openCapsule, readCapsule } from '../../src/web/evidence/capsule-document.js';
import { checkDigest } from '../../src/web/evidence/digest.js';
import { linesOf } from '../../src/web/journal/lines.js';
import { stepsAt, stepsOf } from '../../src/web/journal/steps.js';
import type { Step } from '../../src/web/wire-types.js';
import { capsuleOf, family } from '../core/capsule/capsules.js';

interface StoredRun {
  readonly runId: string;
  readonly records: readonly { seq: number; time: number; type: string; payload: string; logEnd: number }[];
}

const folder = new URL('../fixtures/', import.meta.url);

/** Journals of every release: together they have every type of event. */
const runs = readdirSync(folder)
  .filter((file) => /^journal-.*\.json$/.test(file))
  .flatMap((file) => (JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as { runs: StoredRun[] }).runs);

function timeOf(ms: number): string {
  return new Date(ms).toISOString();
}

function documentOf({ runId, records }: StoredRun) {
  const events = records.map(({ seq, time, type, payload }) => ({
    seq,
    time: timeOf(time),
    type,
    payload: JSON.parse(payload),
  }));
  const run = { run_id: runId, status: 'COMPLETED', graph_id: 'test-graph', graph_version: 1, data: {} };
  return { capsule: 1, graphs: [], run, events, children: [], digest: 'sha256:00' };
}

function eventsOf(run: StoredRun): readonly CapsuleEvent[] {
  const reading = openCapsule(documentOf(run));
  if ('problem' in reading) throw new Error(reading.problem);
  return reading.capsule.events;
}

function recordsOf({ records }: StoredRun): EventRecord[] {
  return records.map(({ type, ...record }) => ({ ...record, event: eventOf(type, record.payload) }));
}

/** A step of the server, as the API answers it. */
function toWire({ startedAt, finishedAt, answeredBy, usage, ...step }: StepView): unknown {
  const times = { started_at: timeOf(startedAt), finished_at: finishedAt === null ? null : timeOf(finishedAt) };
  return { ...step, ...times, usage, answered_by: answeredBy, params: null };
}

function expectedSteps(run: StoredRun): unknown[] {
  const reader = new StepReader(0);
  for (const record of recordsOf(run)) reader.read(record);
  return [...reader.finished, ...(reader.current === null ? [] : [reader.current])].map(toWire);
}

describe.each(runs)('run $runId in a capsule', (run) => {
  it('has the steps that the server lists', () => {
    expect(stepsOf(eventsOf(run))).toEqual(expectedSteps(run));
  });

  it('has the log lines that the server lists', () => {
    expect(linesOf(eventsOf(run))).toEqual(recordsOf(run).flatMap(({ event }) => serverLinesOf(event)));
  });
});

it('the journals have what a step can come to', () => {
  const steps = runs.flatMap((run) => stepsOf(eventsOf(run)));
  const statuses = new Set(steps.map(({ status }: Step) => status));
  expect([...statuses].sort()).toEqual(['CANCELLED', 'COMPLETED', 'FAILED', 'RUNNING', 'WAITING']);
});

it('a step that was not over took until the run was exported', () => {
  const events = runs.map(eventsOf).find((each) => stepsOf(each).some(({ finished_at }) => finished_at === null)) ?? [];
  const last = stepsAt(stepsOf(events), '2099-01-01T00:00:00.000Z').at(-1);
  expect(last?.finished_at).toBe('2099-01-01T00:00:00.000Z');
});

describe('the digest of a capsule', () => {
  const document = capsuleOf(family());
  const check = (changed: object) => {
    const reading = openCapsule(changed);
    return 'capsule' in reading ? checkDigest(reading.capsule, new AbortController().signal) : reading.problem;
  };

  it('fits what the server made, in whatever order the keys come', async () => {
    const { run, graphs, ...rest } = document;
    expect(await check({ ...rest, graphs, run })).toBe('fits');
  });

  it('does not fit what was changed in the head, an event, or a run inside the run', async () => {
    const [first] = document.children;
    const [event] = first?.events ?? [];
    const inside = {
      ...first,
      events: [{ ...event, time: '2026-01-01T00:00:00.001Z' }, ...(first?.events.slice(1) ?? [])],
    };
    expect(await check({ ...document, release: '9.9.9' })).toBe('differs');
    expect(await check({ ...document, events: document.events.slice(0, -1) })).toBe('differs');
    expect(await check({ ...document, children: [inside, ...document.children.slice(1)] })).toBe('differs');
    expect(await check({ ...document, children: document.children.toReversed() })).toBe('differs');
  });

  it('that is not there is not checked', async () => {
    expect(await check({ ...document, digest: undefined })).toBe('unchecked');
  });
});

describe('a file', () => {
  const [first] = runs;
  const whole = documentOf(first as StoredRun);

  const problemOf = (document: unknown): string => {
    const reading = openCapsule(document);
    return 'problem' in reading ? reading.problem : 'none';
  };

  it('is read with its head, and kept whole for the server', () => {
    const document = { ...whole, exported_at: '2026-01-02T03:04:05.678Z', release: '1.6.0' };
    const reading = readCapsule(JSON.stringify(document));
    expect(reading).toMatchObject({
      capsule: {
        document,
        exportedAt: '2026-01-02T03:04:05.678Z',
        release: '1.6.0',
        digest: 'sha256:00',
        run: { runId: first?.runId, status: 'COMPLETED', graphId: 'test-graph', graphVersion: 1, error: null },
      },
    });
  });

  it('that is cut off says so', () => {
    const text = JSON.stringify(whole);
    expect(readCapsule(text.slice(0, -10))).toEqual({ problem: expect.stringContaining('cut off') });
  });

  it.each([
    [[], 'a capsule is a JSON object'],
    [{ a: 1 }, 'no field “capsule”'],
    [{ nodes: [], entry_point: 'a' }, 'This is a graph'],
    [{ ...whole, capsule: 2 }, 'has the form 2'],
    [{ ...whole, run: undefined }, 'The run of this capsule cannot be read'],
    [{ ...whole, run: { ...whole.run, status: 'DONE' } }, 'The run of this capsule cannot be read'],
    [{ ...whole, events: [] }, 'events of this capsule cannot be read'],
    [{ ...whole, events: [{ seq: 1 }] }, 'events of this capsule cannot be read'],
    [{ ...whole, children: [{ run_id: 'a', events: [] }] }, 'runs inside this run cannot be read'],
    [{ ...whole, children: {} }, 'runs inside this run cannot be read'],
  ])('that is no capsule says why: %#', (document, problem) => {
    expect(problemOf(document)).toContain(problem);
  });

  it('with fields of other forms is shown without them', () => {
    const time = '2026-01-01T00:00:00.000Z';
    const event = (seq: number, type: string, payload: object) => ({ seq, time, type, payload });
    const events = [
      event(1, 'run.submitted', {}),
      event(2, 'run.started', { next: 'a' }),
      event(3, 'step.completed', { step: 1, node: 'a', patch: [], logs: 'no', decision: { kind: 'x' }, usage: {} }),
      event(4, 'step.failed', { error: 7, decision: { kind: 'edge', to_node: 1 } }),
      event(5, 'of.the.future', { step: {} }),
    ];
    const reading = openCapsule({ ...whole, events, graphs: [1, { graph_id: 'g', version: 1 }] });
    const { capsule } = reading as Extract<typeof reading, { capsule: unknown }>;
    expect(capsule.graphs).toEqual([{ graphId: 'g', version: 1, definition: null }]);
    expect(stepsOf(capsule.events)).toMatchObject([{ step: 1, node: 'a', patch: {}, logs: [], decision: null }]);
    expect(linesOf(capsule.events)).toContain('Executing Node: a');
  });
});

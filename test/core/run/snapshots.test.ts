import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../../src/core/base/json.js';
import { blankRun } from '../../../src/core/run/blank-run.js';
import type { EventRecord } from '../../../src/core/run/events.js';
import { fold, takeSnapshot } from '../../../src/core/run/journal.js';
import { addAnnouncement, lacksAnnouncement } from '../../../src/core/run/snapshots.js';
import type { Inherited, RunState } from '../../../src/core/run/state.js';
import { eventOf } from '../../../src/core/run/stored-events.js';
import { readSnapshot } from '../../helpers/all-steps.js';
import { flatten } from '../../helpers/flat-run.js';

/** Runs as 1.0 stored them, with the snapshot that it took after each event. The file never changes. */
interface Fixture {
  readonly runs: readonly {
    readonly runId: string;
    readonly inputData: Json;
    /** What a branch has from its parent. */
    readonly inherited?: Inherited;
    readonly records: readonly { seq: number; time: number; type: string; payload: string; logEnd: number }[];
    readonly snapshots: readonly { seq: number; text: string }[];
  }[];
}

const file = new URL('../../fixtures/snapshots-1.0.json', import.meta.url);
const { runs } = JSON.parse(readFileSync(file, 'utf8')) as Fixture;

/** The sizes depend on where a snapshot was taken, and 1.0 neither told when a visit began nor counted them; nothing else differs. */
function comparable(state: RunState): unknown {
  const sizes = { snapshotBytes: 0, journalBytes: 0, visits: null };
  return JSON.parse(JSON.stringify({ ...state, ...sizes }, (key, value) => (key === 'beganAt' ? undefined : value)));
}

function recordsOf(run: Fixture['runs'][number]): EventRecord[] {
  return run.records.map(({ type, ...record }) => ({ ...record, event: eventOf(type, record.payload) }));
}

/** 1.0 took its snapshots after whole commits. A visit that is not in the log yet ends its run in the same commit. */
function isWithinCommit(records: readonly EventRecord[], seq: number): boolean {
  const event = records[seq - 1]?.event;
  return event !== undefined && 'next' in event && event.next === null && seq < records.length;
}

/** Reads a snapshot as runs are loaded: of some that have ended, the event before their end is read too. */
function readAt(run: Fixture['runs'][number], records: readonly EventRecord[], seq: number, text: string): RunState {
  const state = readSnapshot(text, run.inputData, run.inherited);
  return lacksAnnouncement(state) ? addAnnouncement(state, records[seq - 2]?.event) : state;
}

describe('a snapshot of 1.0', () => {
  it.each(runs)('gives the state that the journal gives, after each event of $runId', (run) => {
    const records = recordsOf(run);
    const whole = fold(blankRun(run.runId, run.inherited), records);
    for (const { seq, text } of run.snapshots) {
      if (isWithinCommit(records, seq)) continue;
      const read = readAt(run, records, seq, text);
      const folded = fold(blankRun(run.runId, run.inherited), records.slice(0, seq));
      expect(comparable(read), `after event ${seq}`).toEqual(comparable(folded));
      expect(comparable(fold(read, records.slice(seq))), `on from event ${seq}`).toEqual(comparable(whole));
      expect(readSnapshot(takeSnapshot(read).text, run.inputData, run.inherited).phase).toEqual(read.phase);
    }
  });

  it('says of each run what it said then', () => {
    for (const run of runs) {
      for (const { text } of run.snapshots) {
        const { snapshotBytes: _, journalBytes: __, ...said } = JSON.parse(text) as Record<string, unknown>;
        expect(flatten(readSnapshot(text, run.inputData, run.inherited))).toMatchObject(said);
      }
    }
  });

  it('is there for every phase of a run', () => {
    const phases = runs.flatMap((run) =>
      run.snapshots.map(({ text }) => {
        const { phase } = readSnapshot(text, null, run.inherited);
        return 'at' in phase ? `${phase.kind} at ${phase.at.kind}` : phase.kind;
      }),
    );
    expect([...new Set(phases)].sort()).toEqual([
      'answered',
      'calling',
      'cancelled at calling',
      'cancelled at joining',
      'cancelled at starting',
      'completed',
      'failed at answered',
      'failed at calling',
      'failed at joining',
      'failed at routing',
      'joining',
      'routing',
      'starting',
      'submitted',
      'waiting',
    ]);
  });
});

describe('a run that ended under 1.0', () => {
  const endOf = (runId: string, type: string) => {
    const run = runs.find((one) => one.runId === runId)!;
    const records = recordsOf(run);
    const seq = records.findIndex(({ event }) => event.type === type) + 1;
    const state = readSnapshot(run.snapshots[seq - 1]!.text, run.inputData, run.inherited);
    return { state, before: records[seq - 2]?.event, records };
  };
  const announcedBy = (state: RunState) =>
    'at' in state.phase && 'announced' in state.phase.at && state.phase.at.announced;

  it.each([
    ['between two visits, which only the event before its end tells', 'max-steps', 'run.failed', false],
    ['at a visit', 'deadline', 'run.failed', true],
    ['while it waited', 'input', 'run.cancelled', true],
  ])('%s', (_, runId, type, announced) => {
    const { state, before } = endOf(runId, type);
    expect(lacksAnnouncement(state)).toBe(true);
    const complete = addAnnouncement(state, before);
    expect(lacksAnnouncement(complete)).toBe(false);
    expect(announcedBy(complete)).toBe(announced);
  });

  it('is in the log if there is no event before its end any more', () => {
    expect(announcedBy(addAnnouncement(endOf('max-steps', 'run.failed').state, undefined))).toBe(true);
  });

  it.each([
    ['completed', 'input', 'run.completed'],
    ['failed with children', 'branches', 'run.failed'],
    ['goes on', 'input', 'run.retried'],
  ])('or %s lacks nothing else', (_, runId, type) => {
    const { state, before } = endOf(runId, type);
    expect(lacksAnnouncement(state)).toBe(false);
    expect(addAnnouncement(state, before)).toBe(state);
  });
});

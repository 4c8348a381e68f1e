import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { blankRun } from '../../src/core/run/blank-run.js';
import { evolve } from '../../src/core/run/evolve.js';
import { RUN_STATUSES, type RunState, statusOf } from '../../src/core/run/state.js';
import { eventOf } from '../../src/core/run/stored-events.js';
import { FLOORS } from '../helpers/architecture.js';
import { codesIn, documentAt, namesIn, ROOT, table } from './document.js';

const { text, blocks } = documentAt('ARCHITECTURE.md');

/** An event of a journal, as a fixture or a test writes it. */
interface Entry {
  readonly type: string;
  readonly payload: string;
}

interface Journal {
  readonly inherited?: Parameters<typeof blankRun>[1];
  readonly records: readonly Entry[];
}

const FIXTURES = join(ROOT, 'test/fixtures');

/** The journals that releases have stored. */
const STORED = readdirSync(FIXTURES)
  .filter((name) => /^journal-.*\.json$/.test(name))
  .flatMap((name): Journal[] => JSON.parse(readFileSync(join(FIXTURES, name), 'utf8')).runs);

function entry(type: string, fields: object = {}): Entry {
  return { type, payload: JSON.stringify(fields) };
}

const FIRST = { graph_id: 'g', graph_version: 1, input_data: null, limits: { max_steps: 1 }, metadata: {} };
const SUBMITTED = entry('run.submitted', FIRST);
const IN_LINE = entry('run.submitted', { ...FIRST, concurrency: { key: null, on_full: 'queue' } });
const BRANCHES = { step: 1, node: 'a', kind: 'parallel', to_nodes: ['b', 'c'], join_node: 'END', count: 2 };

/** What the stored journals do not have. */
const WRITTEN: readonly Journal[] = [
  { records: [SUBMITTED, entry('run.cancelled', { logs: [] }), entry('run.retried')] },
  {
    records: [
      SUBMITTED,
      entry('run.failed', { error: { code: 'deadline_exceeded', message: '', node: null, step: null } }),
    ],
  },
  {
    records: [
      SUBMITTED,
      entry('run.started', { next: 'a' }),
      entry('branches.started', BRANCHES),
      entry('run.cancelled', { logs: [] }),
      entry('run.retried'),
    ],
  },
  {
    records: [
      IN_LINE,
      entry('run.started', { next: 'a' }),
      entry('branches.started', BRANCHES),
      entry('run.cancelled', { logs: [] }),
      entry('run.retried'),
      entry('slot.taken'),
    ],
  },
];

/** A state before and after an event. */
interface Change {
  readonly type: string;
  readonly before: RunState | undefined;
  readonly after: RunState;
}

/** What each event of a journal changes. A fork begins with a copied prefix, which is committed as a whole. */
function changesIn({ records, inherited }: Journal): Change[] {
  let state = blankRun('run', inherited);
  const forkedAt = records.findIndex(({ type }) => type === 'run.forked');
  const changes = records.map(({ type, payload }, index): Change => {
    const before = index === 0 || index === forkedAt ? undefined : state;
    state = evolve(state, { seq: index + 1, time: index, logEnd: 0, payload, event: eventOf(type, payload) });
    return { type, before, after: state };
  });
  return changes.filter((_change, index) => index === 0 || index >= forkedAt);
}

const CHANGES = [...STORED, ...WRITTEN].flatMap(changesIn);

describe('the states of a run', () => {
  const [drawn = ''] = blocks.filter(({ text }) => text.startsWith('stateDiagram')).map((block) => block.text);
  const arrows = Array.from(drawn.matchAll(/^ {2}(\S+ --> \S+) : (.+)$/gm)).flatMap(([, arrow = '', events = '']) =>
    events.split(', ').map((event) => `${arrow} : ${event}`),
  );

  it('are drawn with every arrow that events make, and no other', () => {
    const made = CHANGES.flatMap(({ type, before, after }) => {
      const from = before === undefined ? '[*]' : statusOf(before);
      const isDrawn = from !== statusOf(after) || type.startsWith('step.');
      return isDrawn ? [`${from} --> ${statusOf(after)} : ${type}`] : [];
    });
    expect(arrows.sort()).toEqual([...new Set(made)].sort());
  });

  it('are all statuses', () => {
    for (const status of RUN_STATUSES) expect(drawn).toContain(` ${status} `);
  });

  it('follow from the phases that are listed', () => {
    const listed = table('Phase').map(([phase, status]) => [...codesIn(phase), ...codesIn(status)].join(' '));
    const seen = new Set(CHANGES.map(({ after }) => `${after.phase.kind} ${statusOf(after)}`));
    expect(listed.sort()).toEqual([...seen].sort());
  });
});

describe('the floors', () => {
  it('are those that are enforced', () => {
    expect(namesIn('Floor').sort()).toEqual(FLOORS.map(({ name }) => name).sort());
  });
});

it('explains every table of the database', () => {
  const [, section = ''] = text.split('\n## Tables\n');
  const named = Array.from(section.matchAll(/^- `(\w+)`/gm), ([, name]) => name);
  expect(named.sort()).toEqual(namesIn('Table').sort());
});

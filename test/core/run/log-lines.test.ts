import { describe, expect, it } from 'vitest';
import { countLines, linesOf, MAX_LINE_LENGTH, MAX_LINES_PER_STEP, StepLog } from '../../../src/core/run/log-lines.js';

const completed = { type: 'step.completed', step: 1, node: 'a', attempt: 1, patch: {}, logs: ['one'] } as const;
const error = { code: 'tool_failed', message: 'two\r\nlines', node: 'a', step: 1 };
const visit = { step: 1, node: 'a', attempt: 1 };
const failed = { type: 'step.failed', ...visit, logs: ['one'], error } as const;
const branches = { step: 1, node: 'a', to_nodes: ['b'], join_node: 'c' };
const joined = { type: 'branches.joined', step: 1, node: 'a', patch: {}, to_node: 'c' } as const;

describe('the lines of an event', () => {
  it.each([
    [{ type: 'run.started', next: 'a' }, ['Executing Node: a']],
    [{ ...completed, decision: { kind: 'edge', to_node: 'b' }, next: 'b' }, ['one', 'Executing Node: b']],
    [
      { ...completed, decision: { kind: 'condition', to_node: 'b' }, next: 'b' },
      ['one', 'Condition met. Routing to: b', 'Executing Node: b'],
    ],
    [
      { ...completed, decision: { kind: 'condition', to_node: 'END' }, next: null },
      ['one', 'Condition met. Routing to: END'],
    ],
    [{ ...completed, decision: { kind: 'condition', to_node: null }, next: null }, ['one']],
    [{ ...completed, decision: null, next: null }, ['one']],
    [
      { type: 'step.failed', step: 1, node: 'a', attempt: 1, logs: ['one'], error },
      ['one', 'Error in node a: two lines'],
    ],
    [
      { ...completed, decision: { kind: 'case', to_node: 'b' }, next: 'b' },
      ['one', 'Condition met. Routing to: b', 'Executing Node: b'],
    ],
    [{ ...completed, decision: { kind: 'parallel', to_node: 'b' }, next: null }, ['one']],
    [
      { ...failed, decision: { kind: 'error', to_node: 'b' }, patch: {}, next: 'b' },
      ['one', 'Error in node a: two lines', 'Executing Node: b'],
    ],
    [{ ...failed, retry_at: 5 }, ['one', 'Error in node a: two lines']],
    [{ type: 'wait.started', ...visit, logs: ['one'], wait: { kind: 'timer', until: 5, save_as: 'a' } }, ['one']],
    [{ type: 'wait.ended', wait_id: 'w3', outcome: 'elapsed' }, []],
    [{ type: 'branches.started', ...branches, kind: 'parallel', count: 2 }, ['Started 2 branches.']],
    [{ type: 'branches.started', ...branches, kind: 'for_each', count: 1 }, ['Started 1 branch.']],
    [{ ...joined, count: 0, next: 'b' }, ['Joined 0 branches.', 'Executing Node: b']],
    [{ ...joined, count: 1, next: null }, ['Joined 1 branch.']],
    [{ ...joined, count: 2, error, next: 'b' }, ['Join failed: two lines', 'Executing Node: b']],
    [{ type: 'run.retried' }, []],
    [{ type: 'run.retried', step: 1, node: 'a', next: 'a' }, ['Executing Node: a']],
    [{ type: 'run.forked', forked_from: { run_id: 'r', step: 1 }, patch: {}, node: 'a', step: 1 }, []],
    [{ type: 'run.completed', reason: 'join' }, ['Branch reached its join.']],
    [{ type: 'run.completed', reason: 'end' }, ['Workflow reached END.']],
    [{ type: 'run.completed', reason: 'no_edge' }, ['No outgoing edge found. Stopping.']],
    [{ type: 'run.failed', error }, ['Run failed: two lines']],
    [{ type: 'run.cancelled', logs: ['one'] }, ['one', 'Run cancelled.']],
    [{ type: 'cancel.requested' }, []],
    [{ type: 'run.recovered' }, []],
  ] as const)('are as promised: %o', (event, lines) => {
    expect(linesOf(event)).toEqual(lines);
    expect(countLines(event)).toBe(lines.length);
  });
});

describe('StepLog', () => {
  it('makes a line of each line', () => {
    const log = new StepLog();
    log.add('one\ntwo\r\nthree');
    log.add('');
    expect(log.lines()).toEqual(['one', 'two', 'three', '']);
  });

  it('cuts long lines, and says so', () => {
    const log = new StepLog();
    log.add('x'.repeat(MAX_LINE_LENGTH));
    log.add('x'.repeat(MAX_LINE_LENGTH + 1));
    expect(log.lines()).toEqual([
      'x'.repeat(MAX_LINE_LENGTH),
      `${'x'.repeat(MAX_LINE_LENGTH)} [cut: ${MAX_LINE_LENGTH + 1} characters]`,
    ]);
  });

  it('drops lines that are too many, and says how many', () => {
    const log = new StepLog();
    log.add('line\n'.repeat(MAX_LINES_PER_STEP + 1));
    expect(log.lines()).toHaveLength(MAX_LINES_PER_STEP + 1);
    expect(log.lines().at(-1)).toBe('[cut: 2 more lines]');
  });
});

import { describe, expect, it } from 'vitest';
import { linesOf, MAX_LINE_LENGTH, MAX_LINES_PER_STEP, StepLog } from '../../src/core/log-lines.js';

const completed = { type: 'step.completed', step: 1, node: 'a', attempt: 1, patch: {}, logs: ['one'] } as const;
const error = { code: 'tool_failed', message: 'two\r\nlines', node: 'a', step: 1 };

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
    [{ type: 'run.completed', reason: 'end' }, ['Workflow reached END.']],
    [{ type: 'run.completed', reason: 'no_edge' }, ['No outgoing edge found. Stopping.']],
    [{ type: 'run.failed', error }, ['Run failed: two lines']],
    [{ type: 'run.cancelled', logs: ['one'] }, ['one', 'Run cancelled.']],
    [{ type: 'cancel.requested' }, []],
    [{ type: 'run.recovered' }, []],
  ] as const)('are as promised: %o', (event, lines) => {
    expect(linesOf(event)).toEqual(lines);
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

import { expect, it } from 'vitest';
import { BULK_ACTIONS, foresee, statusesFor } from '../../../src/core/run/bulk.js';
import { RUN_STATUSES } from '../../../src/core/run/state.js';

it('each action is for some statuses, and what else is foreseen to be refused', () => {
  const codes = BULK_ACTIONS.map((action) => [
    action,
    ...RUN_STATUSES.map((status) => foresee(action, { runId: 'r', status, parentRunId: null })?.code ?? 'ok'),
  ]);
  const live = ['ok', 'ok', 'ok', 'run_finished', 'run_finished', 'run_finished'];
  const no = 'run_not_retryable';
  expect(codes).toEqual([
    ['cancel', ...live],
    ['retry', no, no, no, no, 'ok', 'ok'],
    ['delete', 'run_active', 'run_active', 'run_active', 'ok', 'ok', 'ok'],
    ['pause', ...live],
    ['unpause', ...live],
  ]);
  expect(statusesFor('retry')).toEqual(['FAILED', 'CANCELLED']);
});

it('only top runs are retried and deleted', () => {
  const child = { runId: 'r', status: 'FAILED', parentRunId: 'p' } as const;
  expect(BULK_ACTIONS.map((action) => foresee(action, child)?.code)).toEqual([
    'run_finished',
    'run_is_child',
    'run_is_child',
    'run_finished',
    'run_finished',
  ]);
});

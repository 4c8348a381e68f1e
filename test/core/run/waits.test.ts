import { expect, it } from 'vitest';
import {
  CHILDREN_WAIT_KINDS,
  endOfTime,
  hasChildren,
  isForPerson,
  isOpenWaitKind,
  type OpenWaitKind,
  PERSON_WAIT_KINDS,
  WAIT_KINDS,
} from '../../../src/core/run/waits.js';

it('a person answers an input and lifts a limit, and nothing else', () => {
  expect(WAIT_KINDS.filter(isForPerson)).toEqual(['input', 'limit']);
  expect(PERSON_WAIT_KINDS).toEqual(['input', 'limit']);
});

it('branches and graphs that run as a step are children', () => {
  expect(CHILDREN_WAIT_KINDS).toEqual(['graph', 'branches']);
  const others = ['timer', 'input', 'signal', 'retry', 'paused', 'limit'];
  expect(WAIT_KINDS.filter((kind) => !hasChildren(kind))).toEqual(others);
});

it.each<[OpenWaitKind, string, string]>([
  ['timer', 'elapsed', 'complete'],
  ['input', 'expired', 'fail'],
  ['signal', 'expired', 'fail'],
  ['retry', 'elapsed', 'call'],
])('when the time of a wait is over: %s', (kind, outcome, atTime) => {
  expect(endOfTime(kind)).toMatchObject({ outcome, atTime });
});

it('a wait is open if it has no child runs, and is no pause and no limit', () => {
  expect([...WAIT_KINDS, 'planted', 1, undefined].filter((kind) => isOpenWaitKind(kind))).toEqual([
    'timer',
    'input',
    'signal',
    'retry',
  ]);
});

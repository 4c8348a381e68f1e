import { expect, it } from 'vitest';
import { HostTurns } from '../../src/sender/turns-of-hosts.js';

it('a host has five tries at a time, and one from its first failure until it takes something', () => {
  const turns = new HostTurns();
  expect(turns.roomFor('a')).toBe(5);
  for (let count = 0; count < 5; count++) turns.begin('a');
  expect(turns.roomFor('a')).toBe(0);
  expect(turns.roomFor('b')).toBe(5);
  turns.end('a', false);
  expect(turns.roomFor('a')).toBe(0);
  for (let count = 0; count < 3; count++) turns.end('a', undefined);
  expect(turns.roomFor('a')).toBe(0);
  turns.end('a', undefined);
  expect(turns.roomFor('a')).toBe(1);
  turns.begin('a');
  turns.end('a', true);
  expect(turns.roomFor('a')).toBe(5);
  expect(turns.total).toBe(0);
});

it('all hosts have forty tries at a time', () => {
  const turns = new HostTurns();
  for (let host = 0; host < 8; host++) for (let count = 0; count < 5; count++) turns.begin(`${host}`);
  expect(turns.isFull()).toBe(true);
  expect(turns.roomFor('other')).toBe(0);
  turns.end('3', undefined);
  expect(turns.isFull()).toBe(false);
  expect(turns.roomFor('other')).toBe(1);
});

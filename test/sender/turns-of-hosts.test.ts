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

it('hosts that are failing leave half of the tries to others, however many they are', () => {
  const turns = new HostTurns();
  expect(turns.hasFailing()).toBe(false);
  for (let host = 0; host < 30; host++) {
    turns.begin(`${host}`);
    turns.end(`${host}`, false);
  }
  expect([turns.hasFailing(), turns.isFailing('7'), turns.isFailing('other')]).toEqual([true, true, false]);
  for (let host = 0; host < 20; host++) {
    expect(turns.roomFor(`${host}`)).toBe(1);
    turns.begin(`${host}`);
  }
  expect(turns.roomFor('20')).toBe(0);
  expect(turns.roomFor('other')).toBe(5);
  turns.end('0', true);
  expect([turns.roomFor('20'), turns.roomFor('0')]).toEqual([1, 5]);
});

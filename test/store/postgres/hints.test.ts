import { expect, it } from 'vitest';
import { runIds } from '../../../src/runs/run-ids.js';
import { keyOf, readHints, writeHints } from '../../../src/store/postgres/hints.js';
import type { Signal } from '../../../src/store/signals.js';

const newId = runIds(Date.now);
const advanced = (seq: number): Signal => ({
  kind: 'run_advanced',
  runId: newId(),
  seq,
  status: 'RUNNING',
  cancelRequested: seq % 2 === 0,
});

it('are read as they were written', () => {
  const signals: Signal[] = [
    advanced(1),
    advanced(4_000_000),
    { kind: 'run_deleted', runId: newId() },
    { kind: 'child_waiting', runId: newId() },
    { kind: 'graph_changed', graphId: 'demo-review' },
  ];
  const hints = { sender: 'k3', sentAt: 1_764_115_200_000, signals, hasWork: true };
  const [payload, ...others] = writeHints(hints);
  expect(others).toEqual([]);
  expect(readHints(payload!)).toEqual(hints);
});

it('have the output of steps, and who wants it', () => {
  const runId = newId();
  const output = {
    kind: 'output_sent',
    runId,
    callId: 'c 1',
    step: 3,
    node: 'a "node" 1',
    attempt: 2,
    after: 7,
    first: 40,
    isReplay: true,
    chunks: ['"two words\\n"', '{"a":[1.5,null," \\u0001"]}', '""'],
  } as const;
  const signals: Signal[] = [
    { kind: 'output_wanted', runId, replay: true },
    { kind: 'output_wanted', runId, replay: false },
    output,
    { ...output, isReplay: false, chunks: [] },
  ];
  const [payload, ...others] = writeHints({ sender: 'a', sentAt: 1, signals, hasWork: false });
  expect(others).toEqual([]);
  expect(readHints(payload!)?.signals).toEqual(signals);
  expect(new Set(signals.map(keyOf)).size).toBe(4);
  const [word] = payload!.split(' ').slice(-1);
  for (const broken of ['o', `${word}x`, word!.replace('7', '"7"'), 'w', 'w??']) {
    expect(readHints(`a 1 ${broken}`)?.signals).toEqual([]);
  }
});

it('tell of every status', () => {
  const runId = newId();
  for (const status of ['SUBMITTED', 'RUNNING', 'WAITING', 'COMPLETED', 'FAILED', 'CANCELLED'] as const) {
    const signals: Signal[] = [{ kind: 'run_advanced', runId, seq: 3, status, cancelRequested: false }];
    const [payload] = writeHints({ sender: 'a', sentAt: 1, signals, hasWork: false });
    expect(readHints(payload!)?.signals).toEqual(signals);
  }
});

it('take as many notifications as they need, each of at most 7,900 bytes', () => {
  const signals = Array.from({ length: 1000 }, (_, index) => advanced(index + 1));
  const payloads = writeHints({ sender: 'a', sentAt: 1, signals, hasWork: true });
  expect(payloads.length).toBeLessThan(6);
  for (const payload of payloads) expect(Buffer.byteLength(payload)).toBeLessThanOrEqual(7900);
  expect(payloads.flatMap((payload) => readHints(payload)!.signals)).toEqual(signals);
  expect(payloads.map((payload) => readHints(payload)!.hasWork)).toEqual(
    [true, false, false, false, false].slice(0, payloads.length),
  );
});

it('are none if there is nothing to tell', () => {
  expect(writeHints({ sender: 'a', sentAt: 1, signals: [], hasWork: false })).toEqual([]);
});

it('pass over what a later release tells, and what is not ours', () => {
  const runId = newId();
  const [payload] = writeHints({ sender: 'a', sentAt: 1, signals: [{ kind: 'run_deleted', runId }], hasWork: false });
  expect(readHints(`${payload} zsomething r?? rAAAAAAAAAAAAAAAAAAAAAA1:q`)?.signals).toEqual([
    { kind: 'run_deleted', runId },
  ]);
  expect(readHints('')).toBeUndefined();
  expect(readHints('hello world')).toBeUndefined();
});

import { AssertionError } from 'node:assert';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestKit, FatalError, type TestKit, type TestRun } from '../../src/testing/kit.js';
import { assertCompletedWith, assertFailedWith, assertTakenPath, assertWaitingFor } from '../../src/testing/node.js';
import { runMatchers } from '../../src/testing/vitest.js';

expect.extend(runMatchers);

let kit: TestKit;
let completed: TestRun;
let failed: TestRun;
let waiting: TestRun;
beforeAll(async () => {
  kit = await createTestKit({ tools: { work: { done: [1] }, breaks: new FatalError('no', { code: 'broken' }) } });
  const graph = (name: string, tool_name: string, params = {}) => {
    return { name, entry_point: 'a', nodes: [{ name: 'a', tool_name, params }] };
  };
  completed = await kit.run(graph('completed', 'work'));
  failed = await kit.run(graph('failed', 'breaks'));
  waiting = await kit.run(graph('waiting', 'wait_for_input', { message: '?' }));
});
afterAll(() => kit.close());

describe('the matchers for vitest', () => {
  it('find what is so', () => {
    expect(completed).toHaveTakenPath(['a']);
    expect(completed).toHaveCompletedWith();
    expect(completed).toHaveCompletedWith({ done: [expect.any(Number)] });
    expect(failed).toHaveFailedWith('broken');
    expect(waiting).toBeWaitingFor('input');
    expect(waiting).not.toHaveCompletedWith();
  });

  it('say what is so instead', () => {
    expect(() => expect(completed).toHaveTakenPath(['a', 'b'])).toThrow(
      'The run was expected to take the path a -> b, and took a.',
    );
    expect(() => expect(failed).toHaveCompletedWith()).toThrow(
      'The run was expected to complete, and is FAILED. It failed at "a" with broken: no',
    );
    expect(() => expect(waiting).toHaveFailedWith('broken')).toThrow('and is WAITING. It waits for input at "a".');
    expect(() => expect(completed).not.toHaveTakenPath(['a'])).toThrow('The run was not expected to take this path');
  });
});

describe('the assertions for node:test', () => {
  it('find what is so', () => {
    assertTakenPath(completed, ['a']);
    assertCompletedWith(completed);
    assertCompletedWith(completed, { done: [1] });
    assertFailedWith(failed, 'broken');
    assertWaitingFor(waiting, 'input');
  });

  it.each([
    ['another path', () => assertTakenPath(completed, []), 'was expected to take the path (none), and took a.'],
    ['other data', () => assertCompletedWith(completed, {}), 'with other data than was expected'],
    ['another code', () => assertFailedWith(failed, 'wrong'), 'expected to fail with wrong'],
    ['no wait', () => assertWaitingFor(completed, 'timer'), 'expected to wait for timer, and is COMPLETED'],
  ])('throw for %s', (_what, assert, words) => {
    expect(assert).toThrow(AssertionError);
    expect(assert).toThrow(words);
  });
});

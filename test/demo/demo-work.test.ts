import { describe, expect, it } from 'vitest';
import { demoWork, makeDemoWork } from '../../src/demo/demo-work.js';
import { callTool, failureOf, findingsOf } from '../helpers/tool-call.js';

describe('demo_work', () => {
  it('works for its seconds, of which it sends each, and says what was asked of it', async () => {
    const slept: number[] = [];
    const work = makeDemoWork(async (ms) => void slept.push(ms));
    const { patch, logs, emitted } = await callTool(work, { seconds: 2.5, says: 'Here' });
    expect(patch).toEqual({ the_node: { seconds: 2.5, attempts: 1 } });
    expect(logs).toEqual(['Here', 'Worked for 2.5 seconds, in attempt 1']);
    expect(slept).toEqual([1000, 1000, 500]);
    expect(emitted).toEqual(['1 of 2.5 seconds\n', '2 of 2.5 seconds\n', '2.5 of 2.5 seconds\n']);
  });

  it('fails its first attempts, with a code that it declares', async () => {
    const failure = await failureOf(callTool(demoWork, { seconds: 0, fail_attempts: 1 }));
    expect(failure).toMatchObject({ name: 'RetryableError', code: 'demo_failure' });
    expect(demoWork.errors).toContain('demo_failure');
  });

  it('stops when it is cancelled', async () => {
    const stop = new AbortController();
    const failure = failureOf(callTool(demoWork, { seconds: 60 }, { signal: stop.signal }));
    stop.abort();
    expect((await failure).name).toBe('AbortError');
  });

  it('takes no more than a minute, and no params that it does not know', () => {
    expect(findingsOf(demoWork, { seconds: 61 })[0]).toMatch(/^seconds: /);
    expect(findingsOf(demoWork, { fail_attempts: 11 })[0]).toMatch(/^fail_attempts: /);
    expect(findingsOf(demoWork, { second: 1 })).not.toEqual([]);
    expect(findingsOf(demoWork, {})).toEqual([]);
  });
});

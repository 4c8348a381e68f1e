import { setTimeout as sleepFor } from 'node:timers/promises';
import { z } from 'zod';
import { ANSWER_SHAPE, defineTool } from '../core/tool/tool.js';
import { RetryableError } from '../core/tool/tool-errors.js';

/** Longer work would only be a longer wait for whoever watches. */
const MAX_SECONDS = 60;
const MAX_FAILED_ATTEMPTS = 10;
const SECOND_MS = 1000;

/** Resolves after some milliseconds, or rejects when the signal is aborted. */
type Sleep = (ms: number, signal: AbortSignal) => Promise<unknown>;

/** Stands for work that takes time, and that can fail before it succeeds: there is something to watch. */
export const makeDemoWork = (sleep: Sleep) =>
  defineTool({
    name: 'demo_work',
    description:
      'Of the demo: takes some seconds, of which it sends each as output, and sets the key with the name of the node to { seconds, attempts }. Its first attempts can fail.',
    params: z.strictObject({
      seconds: z.number().min(0).max(MAX_SECONDS).default(1).describe('How long each attempt takes.'),
      fail_attempts: z
        .int()
        .min(0)
        .max(MAX_FAILED_ATTEMPTS)
        .default(0)
        .describe('How many attempts fail, with the code demo_failure, before one succeeds.'),
      says: z.string().min(1).max(500).optional().describe('A line for the log.'),
    }),
    errors: ['demo_failure'],
    [ANSWER_SHAPE]: (_params, node) => ({
      key: node,
      schema: {
        type: 'object',
        required: ['seconds', 'attempts'],
        properties: { seconds: { type: 'number' }, attempts: { type: 'integer' } },
      },
    }),
    async run(_state, { params: { seconds, fail_attempts: failures, says }, attempt, node, log, emit, signal }) {
      if (says !== undefined) log(says);
      for (let done = 0; done < seconds; done += 1) {
        await sleep(Math.min(1, seconds - done) * SECOND_MS, signal);
        emit(`${Math.min(done + 1, seconds)} of ${seconds} seconds\n`);
      }
      if (attempt <= failures) {
        throw new RetryableError(`Attempt ${attempt} of ${node} fails on purpose.`, { code: 'demo_failure' });
      }
      log(`Worked for ${seconds} seconds, in attempt ${attempt}`);
      return { [node]: { seconds, attempts: attempt } };
    },
  });

/** {@link makeDemoWork} by the clock of the system. */
export const demoWork = makeDemoWork((ms, signal) => sleepFor(ms, undefined, { signal }));

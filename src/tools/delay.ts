import { z } from 'zod';
import { defineTool, FOLLOWS_FROM_PARAMS, UNUSED_SETTINGS } from '../core/tool/tool.js';
import { wait } from '../core/tool/wait.js';

const MAX_SECONDS = 3_153_600_000;

/** Waits for a time. `now` is milliseconds since 1970. */
export const delay = (now: () => number) =>
  defineTool({
    name: 'delay',
    description: 'Parks the run for some seconds, or until a time. Nothing is held meanwhile, and restarts do no harm.',
    params: z
      .strictObject({
        seconds: z.number().min(0).max(MAX_SECONDS).optional(),
        until: z.iso.datetime({ offset: true }).optional().describe('RFC 3339.'),
      })
      .refine(
        ({ seconds, until }) => (seconds === undefined) !== (until === undefined),
        'needs either seconds or until',
      ),
    errors: [],
    [UNUSED_SETTINGS]: {
      retry: 'A wait for a time does not fail.',
      timeout_seconds: 'It limits the call of the tool, and not the wait that follows.',
    },
    [FOLLOWS_FROM_PARAMS]: true,
    run: (_state, { params: { seconds = 0, until } }) =>
      wait({
        kind: 'timer',
        until: until === undefined ? Math.ceil(now() + seconds * 1000) : Math.max(0, Date.parse(until)),
      }),
  });

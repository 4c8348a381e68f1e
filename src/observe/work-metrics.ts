import { Counter, type Registry } from 'prom-client';
import type { Usage } from '../core/base/usage.js';
import type { RunEvent } from '../core/run/events.js';
import type { Unit } from '../store/store.js';

/** What the journals of this process's commits say of tokens and of further tries. */
export function workMetrics(registers: Registry[]): { read(unit: Unit): void } {
  const tokens = new Counter({
    name: 'graphrunner_tokens_total',
    help: 'Tokens of language models that steps used, by direction: input or output.',
    labelNames: ['direction'],
    registers,
  });
  const retries = new Counter({
    name: 'graphrunner_retries_total',
    help: 'Further tries: of a step by its policy, or of a run that somebody asked for, by kind: step or run.',
    labelNames: ['kind'],
    registers,
  });
  for (const direction of ['input', 'output']) tokens.inc({ direction }, 0);
  for (const kind of ['step', 'run']) retries.inc({ kind }, 0);
  const countTokens = ({ input_tokens: input, output_tokens: output }: Usage): void => {
    tokens.inc({ direction: 'input' }, input);
    tokens.inc({ direction: 'output' }, output);
  };
  const readEvent = (event: RunEvent): void => {
    if ('usage' in event && event.usage !== undefined) countTokens(event.usage);
    if (event.type === 'step.failed' && event.retry_at !== undefined) retries.inc({ kind: 'step' });
    if (event.type === 'run.retried') retries.inc({ kind: 'run' });
  };
  return {
    read({ appends }) {
      for (const { records, create } of appends) {
        // A new run has done nothing yet: what stands in the journal of a fork was counted in the run that it copies.
        if (create === undefined) for (const { event } of records) readEvent(event);
      }
    },
  };
}

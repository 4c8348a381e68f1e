import type { Registry } from 'prom-client';
import { countedAs } from '../core/schedule/occurrence.js';
import type { Unit } from '../store/store.js';
import { createTally } from './tally.js';

/** Counts occurrences of schedules as this process stores what became of them. */
export function scheduleMetrics(registers: Registry[]): { read(unit: Unit): void } {
  const count = createTally({
    name: 'graphrunner_schedule_occurrences_total',
    help: 'Occurrences of schedules, by what became of them: on_time and late ones started a run; skipped, postponed, missed, refused, passed_over.',
    labelNames: ['outcome'],
    registers,
  });
  return {
    read({ schedule }) {
      if (schedule === undefined) return;
      const { last } = schedule;
      const outcome = countedAs(last);
      if (outcome !== undefined) count(outcome);
      if (last.tries === 1) for (let passed = 0; passed < last.passed; passed++) count('passed_over');
    },
  };
}

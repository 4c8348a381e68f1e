import { Counter, Gauge, type Registry } from 'prom-client';
import type { SharingFigures } from '../store/ports.js';

/** What a server says of itself that shares its database with others. */
export function sharingMetrics(registers: Registry[], read: () => SharingFigures): void {
  const gauge = (name: string, help: string, value: (figures: SharingFigures) => number): void => {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(value(read()));
      },
    });
  };
  const counter = (name: string, help: string, value: (figures: SharingFigures) => number): void => {
    new Counter({
      name,
      help,
      registers,
      collect() {
        this.reset();
        this.inc(value(read()));
      },
    });
  };
  gauge('graphrunner_claims_held', 'Runs that this server drives.', ({ claimsHeld }) => claimsHeld);
  counter(
    'graphrunner_claims_lost_total',
    'Claims that were lost, because this server gave no sign of life for too long.',
    ({ claimsLost }) => claimsLost,
  );
  counter(
    'graphrunner_takeovers_total',
    'Runs that this server took over from one that has died.',
    ({ takeovers }) => takeovers,
  );
  counter(
    'graphrunner_reconciled_total',
    'Runs that were due and had no job, found by a sweep. It must stay 0.',
    ({ reconciled }) => reconciled,
  );
  gauge(
    'graphrunner_hint_lag_seconds',
    'How long the last word of another server was under way; 0 before the first.',
    ({ hintLagMs }) => hintLagMs / 1000,
  );
  gauge(
    'graphrunner_clock_offset_seconds',
    'How far the clock of this server is behind the one of the database.',
    ({ clockOffsetMs }) => clockOffsetMs / 1000,
  );
}

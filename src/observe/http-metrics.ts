import { Histogram, type Registry } from 'prom-client';
import { createTally } from './tally.js';

/** A request that has been answered. */
export interface Answered {
  readonly method: string;
  /** The pattern of the route, such as `/graph/runs/:run_id`; undefined if there is none. Never the path: ids are many. */
  readonly route: string | undefined;
  readonly status: number;
  readonly tookMs: number;
}

/** Streams last for minutes, and `wait` up to one. In seconds. */
const BUCKETS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60, 600];

/** Counts requests. */
export function httpMetrics(registers: Registry[]): (answered: Answered) => void {
  const count = createTally({
    name: 'graphrunner_http_requests_total',
    help: 'Requests that have been answered, by method, route and status.',
    labelNames: ['method', 'route', 'status'],
    registers,
  });
  const durations = new Histogram({
    name: 'graphrunner_http_request_duration_seconds',
    help: 'How long requests took until their answer was sent, by route; waits and streams count in full.',
    labelNames: ['route'],
    buckets: BUCKETS,
    registers,
  });
  return ({ method, route = 'none', status, tookMs }) => {
    count(method, route, String(status));
    durations.observe({ route }, tookMs / 1000);
  };
}

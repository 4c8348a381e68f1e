import { z } from 'zod';
import type { Engine } from '../../engine/engine.js';
import type { App } from '../app-type.js';
import { describeResponses } from '../openapi/responses.js';

/** The Prometheus text format. @see https://prometheus.io/docs/instrumenting/exposition_formats/ */
const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

const METRICS = { description: 'The metrics.', schema: z.string(), mediaTypes: ['text/plain'] };

export interface MetricsOptions {
  /** Returns the metrics in the Prometheus text format. The response is empty if it is omitted. */
  readonly renderMetrics?: () => Promise<string>;
}

/** Needs an API key like any other route: the names of tools are data. */
export function metricsRoute(app: App, _engine: Engine, { renderMetrics }: MetricsOptions): void {
  app.get(
    '/metrics',
    {
      schema: {
        operationId: 'getMetrics',
        summary: 'Read the metrics',
        description: 'Runs, steps, queue, commits and the process, in the Prometheus text format.',
        tags: ['Service'],
        response: describeResponses({ 200: METRICS }),
      },
    },
    async (_request, reply) => reply.type(METRICS_TYPE).send((await renderMetrics?.()) ?? ''),
  );
}

import { z } from 'zod';
import type { App } from '../app-type.js';
import { answers } from '../openapi/answers.js';

/** The Prometheus text format. @see https://prometheus.io/docs/instrumenting/exposition_formats/ */
const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** What Prometheus asks. It needs a key like any other route: names of tools are data. */
export function metricsRoute(app: App, render: () => Promise<string> = async () => ''): void {
  app.get(
    '/metrics',
    {
      schema: {
        operationId: 'getMetrics',
        summary: 'Read the metrics',
        description: 'Runs, steps, queue, commits and the process, in the Prometheus text format.',
        tags: ['Service'],
        response: answers({ 200: { description: 'The metrics.', schema: z.string(), mediaTypes: ['text/plain'] } }),
      },
    },
    async (_request, reply) => reply.type(METRICS_TYPE).send(await render()),
  );
}

import { context, propagation, trace } from '@opentelemetry/api';
import {
  InMemorySpanExporter,
  NodeTracerProvider,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-node';
import { onTestFinished } from 'vitest';
import { createRunTracer } from '../../src/observe/tracing.js';
import { until } from './until.js';

/**
 * A provider of spans of a test's own, which the process does not know.
 * @param isGlobal the process knows it, until the test ends
 */
export function recordSpans(isGlobal = false) {
  const exporter = new InMemorySpanExporter();
  const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  if (isGlobal) {
    provider.register();
    onTestFinished(() => {
      for (const api of [trace, context, propagation]) api.disable();
    });
  }
  return {
    tracer: createRunTracer(provider.getTracer('test')),
    /** The spans that have ended, in that order. */
    ended: () => exporter.getFinishedSpans(),
    /** Resolves with the spans of this name when there are so many. */
    async named(name: string, count = 1): Promise<[ReadableSpan, ...ReadableSpan[]]> {
      const find = () => exporter.getFinishedSpans().filter((span) => span.name === name);
      await until(() => find().length >= count);
      const [first, ...others] = find();
      if (first === undefined || others.length + 1 > count) throw new Error(`there are more than ${count} of ${name}`);
      return [first, ...others];
    },
  };
}

/** The `traceparent` of a span that is recorded. */
export function traceparentOf(span: ReadableSpan): string {
  const { traceId, spanId } = span.spanContext();
  return `00-${traceId}-${spanId}-01`;
}

import { setTimeout as sleep } from 'node:timers/promises';
import { DiagLogLevel, diag } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import type { Logger } from 'pino';

/** How long the last spans may take to be sent, in milliseconds: a collector that is gone holds up no stop. */
const LAST_SPANS_MS = 3000;

export interface SpanExport {
  /** Sends what has not been sent yet, if the collector takes it in time. */
  stop(): Promise<void>;
}

/**
 * Sends the spans of this process to a collector, by OTLP over HTTP. Where that is, and all else, the SDK of OpenTelemetry
 * reads from its own variables, `OTEL_…`.
 * @param version of this package
 */
export function exportSpans(version: string, logger: Pick<Logger, 'info' | 'warn'>): SpanExport {
  reportOnce(logger);
  const ours = resourceFromAttributes({ 'service.name': 'graphrunner', 'service.version': version });
  const provider = new NodeTracerProvider({
    // What the variables say comes last, and so goes first.
    resource: ours.merge(detectResources({ detectors: [envDetector] })),
    spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())],
  });
  provider.register();
  logger.info('spans are exported');
  return {
    async stop() {
      const end = new AbortController();
      const sent = provider.shutdown().catch(() => undefined);
      await Promise.race([sent, sleep(LAST_SPANS_MS, undefined, { signal: end.signal }).catch(() => undefined)]);
      end.abort();
    },
  };
}

/** A collector that is not there is not there for each batch. */
function reportOnce(logger: Pick<Logger, 'warn'>): void {
  let isReported = false;
  const quiet = (): void => undefined;
  const report = (message: string): void => {
    if (isReported) return;
    isReported = true;
    logger.warn({ reason: message.slice(0, 500) }, 'spans cannot be exported, and are dropped; runs are not affected');
  };
  diag.setLogger({ error: report, warn: quiet, info: quiet, debug: quiet, verbose: quiet }, DiagLogLevel.ERROR);
}

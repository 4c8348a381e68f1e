import type { TraceContext } from '../../core/base/trace-context.js';

/**
 * Headers of a request, with those of a trace. A graph that sets `traceparent` itself knows better, and both belong
 * together.
 * @param own names in lower case
 */
export function withTrace(own: Record<string, string>, trace: TraceContext | undefined): Record<string, string> {
  return 'traceparent' in own ? own : { ...trace, ...own };
}

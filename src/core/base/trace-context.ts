/** Where work belongs in a trace: what the headers of W3C Trace Context say, whose names the fields have. */
export interface TraceContext {
  /** Of version 00: `00-`, 32 hex digits of the trace, 16 of the span in it, 2 of flags. */
  readonly traceparent: string;
  /** What tracing systems add for themselves. */
  readonly tracestate?: string;
}

/** A span, as `traceparent` names it. */
export interface SpanName {
  /** 32 hex digits. */
  readonly traceId: string;
  /** 16 hex digits. */
  readonly spanId: string;
  /** 1: somebody records the trace. */
  readonly traceFlags: number;
}

/** Of a later version, the fields of version 00 are read (W3C Trace Context, section 4.3). */
const TRACEPARENT = /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/** A pair of the list (section 3.3.1.3). */
const STATE_MEMBER =
  /^([a-z][a-z0-9_\-*/]{0,255}|[a-z0-9][a-z0-9_\-*/]{0,240}@[a-z][a-z0-9_\-*/]{0,13})=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/;
const MAX_STATE_MEMBERS = 32;
/** Everybody has to pass on so much (section 3.3.1.5). It is stored with the run, so there is no more. */
const MAX_STATE_CHARACTERS = 512;

/**
 * Reads the headers of a request. A `traceparent` that cannot be read counts as none, and so does a `tracestate`: to
 * trace is never a reason to refuse.
 * @example readTraceContext('00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', undefined)
 */
export function readTraceContext(
  traceparent: string | undefined,
  tracestate: string | undefined,
): TraceContext | undefined {
  const span = traceparent === undefined ? undefined : parseTraceparent(traceparent);
  if (span === undefined) return undefined;
  const own = formatTraceparent(span);
  return tracestate !== undefined && isTraceState(tracestate) ? { traceparent: own, tracestate } : { traceparent: own };
}

/** The span that a `traceparent` names; undefined if it names none. */
export function parseTraceparent(text: string): SpanName | undefined {
  const [, version, traceId, spanId, flags, more] = TRACEPARENT.exec(text) ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  if (version === '00' && more !== undefined) return undefined;
  // Of the flags, version 00 knows the last two: recorded, and that the id is random.
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & 3 };
}

/** The `traceparent` of a span, in version 00. */
export function formatTraceparent({ traceId, spanId, traceFlags }: SpanName): string {
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
}

function isTraceState(text: string): boolean {
  const members = text
    .split(',')
    .map((member) => member.replace(/^[ \t]+|[ \t]+$/g, ''))
    .filter((member) => member !== '');
  return (
    text.length <= MAX_STATE_CHARACTERS &&
    members.length > 0 &&
    members.length <= MAX_STATE_MEMBERS &&
    members.every((member) => STATE_MEMBER.test(member))
  );
}

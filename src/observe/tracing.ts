import {
  type Attributes,
  type Context,
  context,
  createTraceState,
  isSpanContextValid,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { formatTraceparent, parseTraceparent, type TraceContext } from '../core/base/trace-context.js';
import type { RunTracer, TracedCall, TracedCallEnd, TracedCallStart, TracedSession } from '../core/run/run-tracer.js';
import { type SpanOrigin, spanOriginOf } from '../core/run/span-origin.js';
import { errorOf, type RunState, statusOf } from '../core/run/state.js';

/**
 * Follows runs by the conventions of OpenTelemetry for generative AI (0.1, in development), which have workflows, tools
 * and models: see `docs/tracing.md`. Without a provider of spans, what a run was started in is still passed on to its tools.
 * @param tracer of the provider that the process has registered, now or later, if it is omitted
 */
export function createRunTracer(tracer: Tracer = trace.getTracer('graphrunner')): RunTracer {
  return {
    current: () => toTraceContext(trace.getSpanContext(context.active())),
    follow: (state) => new SessionSpan(tracer, state),
  };
}

class SessionSpan implements TracedSession {
  #begun: { readonly span: Span; readonly at: Context; readonly trace: TraceContext | undefined } | undefined;

  constructor(
    private readonly tracer: Tracer,
    private readonly state: RunState,
  ) {}

  context(): TraceContext | undefined {
    return this.#begin().trace;
  }

  beginCall(call: TracedCallStart): TracedCall | undefined {
    const { span, at, trace: own } = this.#begin();
    if (own === undefined) return undefined;
    if (!span.isRecording()) return new PassedOn(at, own);
    return new CallSpan(this.tracer, { at, trace: own }, this.state.runId, call);
  }

  end(state: RunState): void {
    const span = this.#begun?.span;
    if (span?.isRecording() !== true) return;
    span.setAttribute('graphrunner.run.status', statusOf(state));
    const error = errorOf(state);
    if (error !== null) fail(span, error.code);
    span.end();
  }

  /** Not before there is something to do: a parent of a thousand branches is looked at a thousand times. */
  #begin() {
    this.#begun ??= beginSession(this.tracer, this.state);
    return this.#begun;
  }
}

function beginSession(tracer: Tracer, state: RunState) {
  const { graphId, graphVersion, runId, parent } = state;
  const origin = spanOriginOf(state);
  const linked = origin.kind === 'linked' ? toSpanContext(origin.to) : undefined;
  const span = tracer.startSpan(
    `invoke_workflow ${graphId}`,
    {
      kind: SpanKind.INTERNAL,
      attributes: {
        'gen_ai.operation.name': 'invoke_workflow',
        'gen_ai.agent.name': graphId,
        'gen_ai.agent.version': String(graphVersion),
        'graphrunner.run.id': runId,
        ...(parent !== null && { 'graphrunner.run.parent_id': parent.run_id }),
      },
      ...(linked !== undefined && { links: [{ context: linked }] }),
    },
    parentOf(origin),
  );
  // Of a provider that there is not, the span is the one before it, or none.
  const own = toTraceContext(span.spanContext()) ?? state.trace ?? undefined;
  return { span, at: trace.setSpan(ROOT_CONTEXT, span), trace: own };
}

/** Never what is active: that is whatever has made the run due. */
function parentOf(origin: SpanOrigin): Context {
  const parent = origin.kind === 'child' ? toSpanContext(origin.of) : undefined;
  return parent === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, parent);
}

/** A call in a trace that nobody records here: others can. */
class PassedOn implements TracedCall {
  constructor(
    private readonly at: Context,
    readonly context: TraceContext,
  ) {}

  askModel(): void {}

  within<T>(work: () => T): T {
    return context.with(this.at, work);
  }

  end(): void {}
}

class CallSpan implements TracedCall {
  readonly #span: Span;
  #at: Context;
  #chat: Span | undefined;

  constructor(
    private readonly tracer: Tracer,
    private readonly session: { readonly at: Context; readonly trace: TraceContext },
    runId: string,
    { toolName, node, step, attempt }: TracedCallStart,
  ) {
    this.#span = tracer.startSpan(
      `execute_tool ${toolName}`,
      {
        kind: SpanKind.INTERNAL,
        attributes: {
          'gen_ai.operation.name': 'execute_tool',
          'gen_ai.tool.name': toolName,
          'graphrunner.run.id': runId,
          'graphrunner.node': node,
          'graphrunner.step': step,
          'graphrunner.attempt': attempt,
        },
      },
      session.at,
    );
    this.#at = trace.setSpan(session.at, this.#span);
  }

  get context(): TraceContext {
    const span = this.#chat ?? this.#span;
    return toTraceContext(span.spanContext()) ?? this.session.trace;
  }

  askModel(model: string): void {
    const attributes = {
      'gen_ai.operation.name': 'chat',
      // Whoever runs the model, its API is the one of OpenAI.
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': model,
    };
    this.#chat = this.tracer.startSpan(`chat ${model}`, { kind: SpanKind.CLIENT, attributes }, this.#at);
    this.#at = trace.setSpan(this.#at, this.#chat);
  }

  within<T>(work: () => T): T {
    return context.with(this.#at, work);
  }

  end({ outcome, error, usage }: TracedCallEnd): void {
    const used: Attributes =
      usage === undefined
        ? {}
        : { 'gen_ai.usage.input_tokens': usage.input_tokens, 'gen_ai.usage.output_tokens': usage.output_tokens };
    // Once, so that sums are right.
    (this.#chat ?? this.#span).setAttributes(used);
    this.#span.setAttribute('graphrunner.step.outcome', outcome);
    for (const span of [this.#chat, this.#span]) {
      if (error !== undefined && span !== undefined) fail(span, error);
      span?.end();
    }
  }
}

/** Without the message, which can hold data of the run. */
function fail(span: Span, code: string): void {
  span.setAttribute('error.type', code);
  span.setStatus({ code: SpanStatusCode.ERROR });
}

function toTraceContext(span: SpanContext | undefined): TraceContext | undefined {
  if (span === undefined || !isSpanContextValid(span)) return undefined;
  const tracestate = span.traceState?.serialize();
  const traceparent = formatTraceparent(span);
  return tracestate === undefined || tracestate === '' ? { traceparent } : { traceparent, tracestate };
}

function toSpanContext({ traceparent, tracestate }: TraceContext): SpanContext | undefined {
  const span = parseTraceparent(traceparent);
  if (span === undefined) return undefined;
  return { ...span, isRemote: true, ...(tracestate !== undefined && { traceState: createTraceState(tracestate) }) };
}

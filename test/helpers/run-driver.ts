import { definedOnly } from '../../src/core/base/defined-only.js';
import { messageOf } from '../../src/core/base/errors.js';
import { copyJson, type Json, type JsonObject } from '../../src/core/base/json.js';
import { NO_MASK } from '../../src/core/base/mask.js';
import type { Guards } from '../../src/core/base/run-options.js';
import { addUsage, NO_USAGE, type Usage } from '../../src/core/base/usage.js';
import type { CompiledGraph } from '../../src/core/graph/compile.js';
import { type GraphDefinition, graphDefinitionSchema } from '../../src/core/graph/definition.js';
import { type Command, decide } from '../../src/core/run/decide.js';
import type { EventOf, EventRecord, GivenLimits, RunEvent, WaitStart } from '../../src/core/run/events.js';
import type { ChildResult } from '../../src/core/run/join.js';
import { append, openRun } from '../../src/core/run/journal.js';
import { isLimited, liftLimits } from '../../src/core/run/lift-limits.js';
import type { FamilyUsage } from '../../src/core/run/limits.js';
import { receiveSignal } from '../../src/core/run/receive-signal.js';
import { retry } from '../../src/core/run/requests.js';
import { type CallOutcome, settle, settleChildren } from '../../src/core/run/settle.js';
import type { Inherited, RunState } from '../../src/core/run/state.js';
import type { Circumstances } from '../../src/core/run/visit.js';
import { readFailureKind } from '../../src/core/tool/failure.js';
import type { Registrable, Registry } from '../../src/core/tool/registry.js';
import { createRegistry } from '../../src/core/tool/registry.js';
import { retryHint } from '../../src/core/tool/tool-errors.js';
import { waitRequestOf } from '../../src/core/tool/wait.js';
import { compileGraph } from './all-steps.js';
import { type FlatRun, flatten } from './flat-run.js';

export const START = Date.UTC(2026, 0, 1);

type Document = Partial<Record<keyof GraphDefinition, unknown>>;

/** A definition as the API would take it, with defaults filled in. */
export function definitionOf(document: Document): GraphDefinition {
  return graphDefinitionSchema.parse({ name: 'test graph', ...document });
}

/** Compiles a document together with the functions that it names. */
export function compiled(document: Document, functions: Iterable<Registrable> | Registry): CompiledGraph {
  const registry = 'tools' in functions ? functions : createRegistry(functions);
  return compileGraph(definitionOf(document), registry, { graphId: 'test-graph', version: 1 });
}

export interface DriverOptions {
  readonly inputData?: Json;
  readonly maxSteps?: number;
  readonly deadlineSeconds?: number;
  readonly guards?: Guards;
  /** Added to the first event: for children. */
  readonly submitted?: Partial<EventOf<'run.submitted'>>;
  /** What a branch has from its parent. */
  readonly inherited?: Inherited;
}

/** Drives a run by hand: no executor, no store, and a clock that moves when it is told to. */
export class RunDriver {
  state: RunState;
  now = START;
  /** From 0 up to 1. */
  random = 0.5;
  /** What other runs have used. */
  family: FamilyUsage | undefined;
  /** Whether there is a slot for it, if its graph limits how many runs are under way. */
  hasSlot = true;
  readonly records: EventRecord[] = [];

  constructor(
    readonly graph: CompiledGraph,
    readonly options: DriverOptions = {},
  ) {
    const { inputData = null, maxSteps = 1000, deadlineSeconds, guards, submitted = {}, inherited } = options;
    const limits = {
      max_steps: maxSteps,
      ...(deadlineSeconds !== undefined && { deadline_seconds: deadlineSeconds }),
      ...guards,
    };
    const event = {
      type: 'run.submitted',
      graph_id: graph.graphId,
      graph_version: graph.version,
      input_data: copyJson(inputData),
      limits,
      metadata: { team: 'core' },
      ...submitted,
    } as const;
    const opened = openRun('run-1', event, this.now, inherited);
    this.state = opened.state;
    this.records.push(...opened.records);
  }

  /** The state, to be compared field by field. */
  get view(): FlatRun {
    return flatten(this.state);
  }

  get at(): Circumstances {
    return { now: this.now, random: this.random, family: this.family, hasSlot: this.hasSlot };
  }

  append(...events: RunEvent[]): void {
    const { records, state } = append(this.state, events, this.now);
    this.records.push(...records);
    this.state = state;
  }

  /** What comes next, now. */
  decide(): Command {
    return decide(this.graph, this.state, this.at);
  }

  /** Appends what became of the call under way. */
  settle(outcome: CallOutcome): void {
    this.append(...settle(this.graph, this.state, outcome, this.at));
  }

  /** Appends what became of the children. */
  settleChildren(...results: readonly ChildResult[]): void {
    this.append(...settleChildren(this.graph, this.state, results, this.at));
  }

  /** Answers the wait that is open. */
  answer(answer: Json): void {
    this.append({ type: 'wait.ended', wait_id: this.view.waiting?.id ?? '', outcome: 'answered', answer });
  }

  /** Sends a signal, as a request does; returns the code of the refusal if it is refused. */
  signal(name: string, payload: Json, idempotency?: { key: string; fingerprint: string }): string | undefined {
    const { events = [], refusal } = receiveSignal(this.state, { name, payload, idempotency }, this.now);
    this.append(...events);
    return refusal?.code;
  }

  /** Gives a run that waits at a limit more of all that it has limits of. */
  liftAll(more: GivenLimits = {}): void {
    const { maxSteps, guards } = this.state;
    const { max_visits: visits = 9, no_progress: unchanged = 9 } = guards ?? {};
    this.lift({ max_steps: maxSteps + 3, max_visits: visits + 9, no_progress: unchanged + 9, ...more });
  }

  /** Ends a wait that has no time to end by, or a pause. */
  endWait(): void {
    if (isLimited(this.state)) {
      // The next limit that it comes to ends it.
      this.liftAll({ on_limit: 'fail' });
      return;
    }
    if (this.state.paused) {
      this.append({ type: 'run.unpaused' });
      return;
    }
    const signal = this.view.waiting?.signal;
    if (signal === undefined) this.answer({ ok: true });
    else this.signal(signal, 1);
  }

  /** Sets a run that failed or was cancelled going again, as a person does, or as its parent does for a child. */
  retry(limits?: GivenLimits): void {
    const { state, family, now } = this;
    const { events, refusal } = retry({ ...state, parent: null }, { limits, isGraphDeleted: false, family }, now);
    if (refusal !== undefined) throw new Error(refusal.message);
    this.append(...events);
  }

  /** Lifts the limit that the run waits at, as a request does; returns the code of the refusal if it is refused. */
  lift(limits: Json): string | undefined {
    if (!isLimited(this.state)) return 'run_not_waiting';
    const { events = [], refusal } = liftLimits(this.state, { payload: { limits } }, this.family);
    this.append(...events);
    return refusal?.code;
  }

  /** Takes what comes next, and does it. False when the run is over, or waits. */
  advance(duringCall: () => void = () => undefined): boolean {
    const command = this.decide();
    if (command.type === 'append') {
      this.append(...command.events);
      return true;
    }
    if (command.type !== 'call') return false;
    const outcome = callTool(command, this.state);
    duringCall();
    this.settle(outcome);
    return true;
  }

  /** Goes on until the run is over, or waits. */
  finish(): FlatRun {
    while (this.advance());
    return this.view;
  }

  types(): string[] {
    return this.records.map((record) => record.event.type);
  }

  /** The last events, from the newest of a type on. */
  since<T extends RunEvent['type']>(type: T): RunEvent[] {
    const from = this.types().lastIndexOf(type);
    return this.records.slice(from).map(({ event }) => event);
  }
}

/** A child that came to its end. */
export function completedChild(data: JsonObject, index = 0, finishedAt = START): ChildResult {
  return { index, runId: `child-${index}`, status: 'COMPLETED', finishedAt, data, error: null };
}

/** A child that did not. */
export function lostChild(message: string | null, index = 0, finishedAt = START): ChildResult {
  const error = message === null ? null : { message };
  const status = error === null ? 'CANCELLED' : 'FAILED';
  return { index, runId: `child-${index}`, status, finishedAt, data: {}, error };
}

/** Calls a tool that needs no promise. */
function callTool({ node, cursor }: Extract<Command, { type: 'call' }>, state: RunState): CallOutcome {
  const logs: string[] = [];
  let usage: Usage | undefined;
  try {
    if (node.tool === undefined) return { kind: 'threw', code: 'tool_missing', message: 'gone', logs };
    const value: unknown = node.tool.run(
      { input_data: state.inputData, data: state.data },
      {
        params: node.params.preview,
        log: (line) => logs.push(line),
        signal: new AbortController().signal,
        idempotencyKey: `${state.runId}/${cursor.step}`,
        runId: state.runId,
        node: node.name,
        attempt: cursor.attempt,
        emit: () => undefined,
        usage: (used) => {
          usage = addUsage(usage ?? NO_USAGE, { ...NO_USAGE, ...used });
        },
      },
    );
    const request = waitRequestOf(value);
    const used = definedOnly({ usage });
    if (request === undefined) return { kind: 'returned', value, logs, ...used };
    return { kind: 'waits', wait: waitStart(request, node.name), logs, ...used };
  } catch (thrown) {
    return {
      kind: 'threw',
      ...readFailureKind(thrown, NO_MASK),
      message: messageOf(thrown),
      logs,
      ...retryHint(thrown),
      ...definedOnly({ usage }),
    };
  }
}

function waitStart(request: NonNullable<ReturnType<typeof waitRequestOf>>, node: string): WaitStart {
  const save_as = ('saveAs' in request ? request.saveAs : undefined) ?? node;
  switch (request.kind) {
    case 'timer':
      return { kind: 'timer', until: request.until, save_as };
    case 'input': {
      const { until = null, message, schema } = request;
      return { kind: 'input', until, message, save_as, ...(schema !== undefined && { schema }) };
    }
    case 'signal': {
      const { until = null, name: signal, schema } = request;
      return { kind: 'signal', until, signal, save_as, ...(schema !== undefined && { schema }) };
    }
    case 'graph': {
      const { graphId: graph_id, version: graph_version = 1, input: input_data = null, limits, metadata } = request;
      const given = definedOnly({ limits: limits && definedOnly(limits), metadata });
      return { kind: 'graph', until: null, save_as, graph_id, graph_version, input_data, ...given };
    }
  }
}

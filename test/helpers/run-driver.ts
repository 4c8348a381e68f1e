import { type CompiledGraph, compileGraph } from '../../src/core/compile-graph.js';
import { messageOf } from '../../src/core/errors.js';
import type { EventRecord, RunEvent } from '../../src/core/events.js';
import { type GraphDefinition, graphDefinitionSchema } from '../../src/core/graph.js';
import { type Command, decide, type Outcome, settle } from '../../src/core/interpreter.js';
import { copyJson, type Json } from '../../src/core/json.js';
import type { Registrable, Registry } from '../../src/core/registry.js';
import { createRegistry } from '../../src/core/registry.js';
import { append, openRun, type RunState } from '../../src/core/run.js';

export const START = Date.UTC(2026, 0, 1);

/** A definition as the API would take it, with defaults filled in. */
export function definitionOf(document: Partial<Record<keyof GraphDefinition, unknown>>): GraphDefinition {
  return graphDefinitionSchema.parse({ name: 'test graph', ...document });
}

/** Compiles a document together with the functions that it names. */
export function compiled(
  document: Partial<Record<keyof GraphDefinition, unknown>>,
  functions: Iterable<Registrable> | Registry,
): CompiledGraph {
  const registry = 'tools' in functions ? functions : createRegistry(functions);
  return compileGraph(definitionOf(document), registry, { graphId: 'test-graph', version: 1 });
}

export interface DriverOptions {
  readonly inputData?: Json;
  readonly maxSteps?: number;
  readonly deadlineSeconds?: number;
}

/** Drives a run by hand: no executor, no store, and a clock that moves when it is told to. */
export class RunDriver {
  state: RunState;
  now = START;
  readonly records: EventRecord[] = [];

  constructor(
    readonly graph: CompiledGraph,
    options: DriverOptions = {},
  ) {
    const { inputData = null, maxSteps = 1000, deadlineSeconds } = options;
    const limits = { max_steps: maxSteps, ...(deadlineSeconds !== undefined && { deadline_seconds: deadlineSeconds }) };
    const submitted = {
      type: 'run.submitted',
      graph_id: graph.graphId,
      graph_version: graph.version,
      input_data: copyJson(inputData),
      limits,
      metadata: { team: 'core' },
    } as const;
    const opened = openRun('run-1', submitted, this.now);
    this.state = opened.state;
    this.records.push(...opened.records);
  }

  append(...events: RunEvent[]): void {
    const { records, state } = append(this.state, events, this.now);
    this.records.push(...records);
    this.state = state;
  }

  /** What comes next, now. */
  decide(): Command {
    return decide(this.graph, this.state, this.now);
  }

  /** Appends what became of the call under way. */
  settle(outcome: Outcome): void {
    this.append(...settle(this.graph, this.state, outcome, this.now));
  }

  /** Takes what comes next, and does it. False when the run is over. */
  advance(duringCall: () => void = () => undefined): boolean {
    const command = this.decide();
    if (command.type === 'stop') return false;
    if (command.type === 'append') {
      this.append(...command.events);
      return true;
    }
    const outcome = callTool(command, this.state);
    duringCall();
    this.settle(outcome);
    return true;
  }

  /** Goes on until the run is over. */
  finish(): RunState {
    while (this.advance());
    return this.state;
  }

  types(): string[] {
    return this.records.map((record) => record.event.type);
  }
}

/** Calls a tool that needs no promise. */
function callTool({ node, cursor }: Extract<Command, { type: 'call' }>, state: RunState): Outcome {
  const logs: string[] = [];
  try {
    if (node.tool === undefined) return { kind: 'threw', code: 'tool_missing', message: 'gone', logs };
    const value: unknown = node.tool.run(
      { input_data: state.inputData, data: state.data },
      {
        params: node.params,
        log: (line) => logs.push(line),
        signal: new AbortController().signal,
        idempotencyKey: `${state.runId}/${cursor.step}`,
        runId: state.runId,
        node: node.name,
        attempt: cursor.attempt,
      },
    );
    return { kind: 'returned', value, logs };
  } catch (thrown) {
    return { kind: 'threw', code: 'tool_failed', message: messageOf(thrown), logs };
  }
}

import fc from 'fast-check';

import type { Guards } from '../../src/core/base/run-options.js';
import type { EventRecord, RunEvent } from '../../src/core/run/events.js';
import { isLimited } from '../../src/core/run/lift-limits.js';
import { pause, unpause } from '../../src/core/run/pause.js';
import { compileGraph } from './all-steps.js';
import {
  anyGuards,
  childEnds,
  type GeneratedGraph,
  type Intervention,
  interventions,
  wildGraphs,
} from './graph-arbitrary.js';
import { completedChild, type DriverOptions, lostChild, RunDriver } from './run-driver.js';

interface Plan {
  readonly graph: GeneratedGraph;
  readonly script: readonly Intervention[];
  readonly ends: readonly string[];
  readonly maxSteps: number;
  readonly isBranch: boolean;
  readonly guards: Guards;
}

const parent = { run_id: 'run-0', seq: 7, index: 1, kind: 'branch', depth: 1 } as const;
const asBranch: DriverOptions = {
  submitted: { input_data: null, parent, entry_node: 'n0', join_node: 'n1' },
  inherited: { inputData: null, data: { list: [1], a: 1 }, item: null },
};

/** Journals of runs and of branches: with waits, retries, forks, crashes, and every kind of end. */
export const journals: fc.Arbitrary<readonly EventRecord[]> = fc
  .record<Plan>({
    graph: wildGraphs,
    script: interventions,
    ends: childEnds,
    maxSteps: fc.integer({ min: 1, max: 12 }),
    isBranch: fc.boolean(),
    guards: anyGuards,
  })
  .map(journalOf);

function journalOf({ graph: { definition, registry }, script, ends, maxSteps, isBranch, guards }: Plan): EventRecord[] {
  const graph = compileGraph(definition, registry, { graphId: 'g', version: 1 });
  let driver = new RunDriver(graph, { maxSteps, guards, ...(isBranch && asBranch) });
  for (const intervention of script) {
    if (intervention.kind === 'fork') driver = forkOf(driver, intervention.fromStep) ?? driver;
    else intervene(driver, intervention);
    takeTurn(driver, ends, intervention.kind);
  }
  // When the script is over, waits end, and the run comes to its end.
  for (let turn = 0; turn < 200; turn++) {
    const command = driver.decide();
    if (command.type === 'stop') break;
    if (command.type !== 'wait') takeTurn(driver, ends, 'none');
    else if (command.until === null) driver.endWait();
    else driver.now = Math.max(driver.now, command.until);
  }
  return driver.records;
}

function intervene(driver: RunDriver, intervention: Intervention): void {
  const command = driver.decide();
  switch (intervention.kind) {
    case 'time_passes':
      driver.now += intervention.ms;
      break;
    case 'cancel':
      if (command.type !== 'stop') driver.append({ type: 'cancel.requested' });
      break;
    case 'crash':
      if (command.type === 'call') driver.append({ type: 'run.recovered' });
      break;
    case 'drain':
      if (command.type === 'call') driver.append({ type: 'run.drained' });
      break;
    case 'answer':
      if (command.type === 'wait' && command.until === null) driver.endWait();
      break;
    case 'signal':
      driver.signal(intervention.name, intervention.payload);
      break;
    case 'retry':
      retry(driver);
      break;
    case 'pause':
      ask(driver, pause);
      break;
    case 'unpause':
      ask(driver, unpause);
      break;
    case 'lift':
      if (isLimited(driver.state)) driver.liftAll();
      break;
    default:
  }
}

/** Asks for a pause, or for its end; nothing happens if that is refused. */
function ask(driver: RunDriver, request: typeof pause | typeof unpause): void {
  driver.append(...(request(driver.state).events ?? []));
}

function retry(driver: RunDriver): void {
  const last = driver.records.at(-1)?.event;
  if (last?.type === 'run.cancelled') driver.retry();
  if (last?.type !== 'run.failed') return;
  const { code, step } = last.error;
  const { max_visits = 0, no_progress = 0 } = driver.state.guards ?? {};
  if (code === 'max_steps_exceeded') driver.retry({ max_steps: (step ?? 0) + 2 });
  else if (code === 'max_visits_exceeded') driver.retry({ max_visits: max_visits + 9 });
  else driver.retry(code === 'no_progress' ? { no_progress: no_progress + 9 } : undefined);
}

function takeTurn(driver: RunDriver, ends: readonly string[], kind: Intervention['kind']): void {
  const command = driver.decide();
  if (command.type !== 'children') {
    driver.advance(() => {
      if (kind === 'cancel_during_call') driver.append({ type: 'cancel.requested' });
      if (kind === 'pause_during_call') ask(driver, pause);
    });
    return;
  }
  const { count, seq } = command.children;
  const results = Array.from({ length: count }, (_, index) => {
    const end = ends[(seq + index) % ends.length] ?? 'nothing';
    if (end === 'cancelled' || command.cancel) return lostChild(null, index);
    // The one that failed completes when its parent is retried: its parent's journal is longer then.
    if (end === 'fails' && driver.records.length % 2 === 0) return lostChild('boom\nbang', index);
    return completedChild(end === 'nothing' ? {} : { [end]: index }, index);
  });
  driver.settleChildren(...results);
}

/** What a fork does not copy: how its run came to be driven, ended and was taken up again. */
const NOT_COPIED =
  /^run\.(submitted|paused|unpaused|recovered|drained|retried|completed|failed|cancelled)$|^(cancel|pause|limits?)\./;

/** A new run with the steps before one copied. Undefined if the journal has no such step. */
function forkOf({ graph, records, options, now }: RunDriver, fromStep: number): RunDriver | undefined {
  const fork = new RunDriver(graph, options);
  fork.now = now;
  for (const { event } of records) {
    if (NOT_COPIED.test(event.type)) continue;
    const next = 'next' in event && 'step' in event ? event.next : null;
    if (typeof next !== 'string' || !('step' in event) || event.step !== fromStep - 1 || event.type === 'run.started') {
      fork.append(event);
      continue;
    }
    fork.append({ ...event, next: null } as RunEvent);
    const forked_from = { run_id: 'run-0', step: fromStep };
    fork.append({ type: 'run.forked', forked_from, patch: { forked: true }, node: next, step: fromStep });
    return fork;
  }
  return undefined;
}

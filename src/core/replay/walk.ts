import isDeepEqual from 'fast-deep-equal';
import { estimateBytes } from '../base/json-size.js';
import type { Steps } from '../base/steps.js';
import { evaluateList } from '../expressions/expressions.js';
import type { CompiledGraph } from '../graph/compile.js';
import { blankRun } from '../run/blank-run.js';
import { type Command, decide } from '../run/decide.js';
import type { EventRecord, RunEvent } from '../run/events.js';
import { evolve } from '../run/evolve.js';
import type { ChildResult } from '../run/join.js';
import { fold, isSnapshotDue } from '../run/journal.js';
import { scopeOf } from '../run/routing.js';
import { settle, settleChildren } from '../run/settle.js';
import { type Children, childrenOf, cursorOf, type Inherited, type RunState } from '../run/state.js';
import type { Circumstances } from '../run/visit.js';
import { resultOf, resultOfLost } from './child-result.js';
import { deriveCall } from './derived-call.js';
import { isGiven } from './given.js';
import { refuseInput, withInputOf } from './input.js';
import { withLimitsOf } from './limits.js';
import { Path, placeIn } from './path.js';
import { isCall, isSameCall, settleRecorded } from './recorded-call.js';
import { linkOf, originalOf, type Recording, submittedOf } from './recording.js';
import type { Missing, Place } from './replayed.js';
import { isSameEvent } from './same-event.js';
import { type Bases, type Graphs, noteMissing, type Setting } from './setting.js';
import { type Parent, Stray } from './stray.js';
import { kindOf, outcomeOf, readsOf } from './words.js';

const NO_BASES: Bases = { was: undefined, now: undefined };
/** Events in which the outcome of a visit is told. */
const TOLD_EVENTS = 4;

/**
 * Walks one run again along its journal. As long as it goes the way it went, its journal is folded; what is expected at each
 * place follows from the graph, and is held against what is there. From the first difference on, it goes its own way with the
 * results that were recorded.
 */
export class RunWalk {
  /** The run as it was, as far as the walk has come. */
  was: RunState;
  /** The run as it is in the replay. */
  now: RunState;
  /** It could not be walked to its end, because something was not recorded. */
  isCut = false;
  readonly path = new Path();
  readonly children: RunWalk[] = [];
  readonly #childWalks = new Map<number, readonly RunWalk[]>();
  /** The run before each retry that its parent set it going with. */
  readonly #ends: { readonly before: number; readonly state: RunState }[] = [];
  /** Both are one, so that it is folded once. */
  #isTwin: boolean;
  #index = 0;

  constructor(
    private readonly setting: Setting,
    readonly recording: Recording,
    private graphs: Graphs,
    private readonly bases: Bases = NO_BASES,
    private readonly branch: readonly number[] = [],
  ) {
    const runId = originalOf(recording) ?? recording.runId;
    this.was = blankRun(runId, bases.was);
    this.now = bases.was === bases.now ? this.was : blankRun(runId, bases.now);
    this.#isTwin = this.was === this.now;
  }

  /** Walks as far as the recording leads. */
  *walk(): Steps<void> {
    if (this.#isRefused()) return;
    const { records } = this.recording;
    // Of the steps that a fork copied, only results are there.
    const copied = records.findLastIndex(({ event }) => event.type === 'run.forked');
    while (this.#index < records.length) {
      yield;
      const record = records[this.#index] as EventRecord;
      if (this.graphs.isUnknown === true || this.#index <= copied || isGiven(record.event)) yield* this.#take(record);
      else if (!(yield* this.#follow(record))) return;
    }
    const cursor = cursorOf(this.now);
    if (
      this.graphs.isUnknown === true ||
      cursor === null ||
      this.now.phase.kind === 'completed' ||
      this.graphs.as.nodes.has(cursor.node)
    )
      return;
    this.#miss('node', `The graph has no node "${cursor.node}", at which the run is.`);
  }

  /** True if the run would not have been started. */
  #isRefused(): boolean {
    const refused = refuseInput(this.recording, this.graphs);
    if (refused !== undefined) this.setting.found.divergence ??= { at: this.place, ...refused };
    return refused !== undefined;
  }

  /** The run as it was when its parent went on by an event; as it is in the end for all events but those before a retry. */
  stateAt(parentSeq: number): RunState {
    return this.#ends.find(({ before }) => before > parentSeq)?.state ?? this.now;
  }

  /** The run as its journal leaves it, whether the walk came so far or not. */
  wasInTheEnd(): RunState {
    return fold(
      this.was,
      this.recording.records.filter(({ seq }) => seq > this.was.seq),
    );
  }

  get place(): Place {
    return placeIn(this.now, this.graphs.own.entryPoint, this.branch);
  }

  *#take(record: EventRecord): Steps<void> {
    const { event } = record;
    if (event.type === 'run.retried' && event.parent_seq !== undefined) {
      this.#ends.push({ before: event.parent_seq, state: this.now });
    }
    this.#passImport(record);
    this.path.note(this.now, event);
    const hadChildren = childrenOf(this.now) !== null;
    this.was = measured(evolve(this.was, record));
    const otherwise = withInputOf(withLimitsOf(record, this.graphs, this.setting), this.recording, this.graphs);
    this.#isTwin &&= otherwise === record;
    this.now = this.#isTwin ? this.was : measured(evolve(this.now, otherwise));
    this.#index += 1;
    if (event.type === 'run.migrated') this.#moveTo(event.to_version);
    const children = childrenOf(this.now);
    if (children !== null && !hadChildren) yield* this.#walkChildren(children);
  }

  /** The run went on with another version of its graph from here on. */
  #moveTo(version: number): void {
    const { graphs, conditions } = this.setting;
    const found = graphs.get(this.now.graphId, version);
    if (found === undefined) {
      noteMissing(this.setting, this.place, 'graph', `Version ${version}, with which the run went on, is not there.`);
      this.graphs = { ...this.graphs, isUnknown: true };
      return;
    }
    const own = conditions.fillIn(found);
    this.graphs = { ...this.graphs, own, as: this.graphs.isOwn === true ? own : this.graphs.as };
  }

  /** What an imported run did before that, the other one did, under its own id. */
  #passImport({ seq }: EventRecord): void {
    const { runId } = this.recording;
    const { started_by: startedBy } = submittedOf(this.recording);
    if (this.now.runId === runId || seq <= Number(startedBy?.seq)) return;
    this.was = { ...this.was, runId };
    this.now = this.#isTwin ? this.was : { ...this.now, runId };
  }

  /** Holds what follows from the graph against what was recorded; false if the walk ends here. */
  *#follow(record: EventRecord): Steps<boolean> {
    const { records } = this.recording;
    let other: readonly RunEvent[] = [];
    for (const family of this.setting.family.possible(this.now, record.time)) {
      const expected = this.#expect(record, { now: record.time, random: 0.5, family, hasSlot: true });
      if (expected === undefined) return false;
      const isSame = expected.length > 0 && expected.every((event, offset) => this.#isThere(event, offset));
      other = expected;
      if (!isSame) continue;
      for (const next of records.slice(this.#index, this.#index + expected.length)) yield* this.#take(next);
      return true;
    }
    yield* this.#diverge(record, other);
    return false;
  }

  #isThere(event: RunEvent, offset: number): boolean {
    return isSameEvent(event, this.recording.records[this.#index + offset]?.event);
  }

  /** The events that follow from the graph; `undefined` if they cannot be known. */
  #expect(record: EventRecord, at: Circumstances): readonly RunEvent[] | undefined {
    const { conditions } = this.setting;
    conditions.recall(() => this.#recorded());
    const command = this.#decide(record, at);
    const events = this.#perform(command, record, at);
    const { unanswered } = conditions;
    if (unanswered === undefined) return events;
    return this.#miss('condition', `The condition "${unanswered}" is not registered here, so nobody can ask it.`);
  }

  /** What ended a call ended it after it had begun: what happened meanwhile did not keep it from that. */
  #decide(record: EventRecord, at: Circumstances): Command {
    const isCalled = this.now.phase.kind === 'calling' && isCall(record);
    if (!isCalled) return decide(this.graphs.as, this.now, at);
    // The first event is a given one.
    const { time } = this.recording.records[this.#index - 1] as EventRecord;
    return decide(
      this.graphs.as,
      { ...this.now, cancelRequested: false, paused: false, recoveries: 0 },
      { ...at, now: time },
    );
  }

  #perform(command: Command, record: EventRecord, at: Circumstances): readonly RunEvent[] | undefined {
    switch (command.type) {
      case 'append':
        return command.events;
      case 'call':
        return this.#call(command, record, at);
      case 'children':
        return this.#join(command.children, record, at);
      case 'wait':
      case 'stop':
        return [];
    }
  }

  #call(
    { node, cursor }: Extract<Command, { type: 'call' }>,
    record: EventRecord,
    at: Circumstances,
  ): readonly RunEvent[] | undefined {
    const { own, as } = this.graphs;
    const before = own.nodes.get(cursor.node);
    const isSame =
      (own === as && this.#isTwin) ||
      (before !== undefined && isSameCall({ node: before, state: this.was }, { node, state: this.now }));
    if (isSame && isCall(record)) {
      const following = this.recording.records[this.#index + 1];
      return settleRecorded(as, this.now, { record, following, state: this.was, graph: own }, at);
    }
    const derived = deriveCall(node, this.now, at.now);
    if (derived !== undefined) return settle(as, this.now, derived, at);
    if (!isSame)
      return this.#miss('params', `Node "${cursor.node}" would call "${node.toolName}" with other params than it did.`);
    return this.#miss('attempt', `Attempt ${cursor.attempt} of node "${cursor.node}" was never made.`);
  }

  #join(children: Children, record: EventRecord, at: Circumstances): readonly RunEvent[] | undefined {
    const walks = this.#childWalks.get(children.seq) as readonly RunWalk[];
    if (walks.some(({ isCut }) => isCut))
      return this.#miss('child', 'What a run inside it would have come to is not known.');
    const results: ChildResult[] = [];
    for (const walk of walks) {
      const { time } = walk.recording.records[0] as EventRecord;
      // Made after a retry.
      if (time > record.time) continue;
      const result = resultOf(walk.stateAt(record.seq));
      if (result === undefined)
        return this.#miss('child', `The run ${walk.recording.runId} inside it would not have ended.`);
      results.push(result);
    }
    if (results.length === 0 && children.graph !== null) results.push(resultOfLost(record.event));
    return settleChildren(this.graphs.as, this.now, results, at);
  }

  *#walkChildren(children: Children): Steps<void> {
    const started = this.recording.children.filter((child) => linkOf(child).seq === children.seq);
    const walks = yield* walkChildren(this.setting, this.graphs, started, {
      was: { state: this.was, children },
      now: { state: this.now, children },
      branch: this.branch,
    });
    this.#childWalks.set(children.seq, walks);
    this.children.push(...walks);
  }

  /** Notes where the run goes another way, and follows it as far as what was recorded leads. */
  *#diverge(record: EventRecord, expected: readonly RunEvent[]): Steps<void> {
    const recorded = this.#recorded();
    let same = 0;
    while (same < expected.length && isSameEvent(expected[same] as RunEvent, recorded[same])) same += 1;
    const [was, wouldBe] = [outcomeOf(recorded.slice(same)), outcomeOf(expected.slice(same))];
    const read = readsOf(expected, recorded);
    this.setting.found.divergence ??= { at: this.place, of: kindOf(was, wouldBe), was, wouldBe, read };
    if (expected.length === 0) return;
    const { setting, recording, graphs, bases, branch, path } = this;
    const walkInside = (started: readonly Recording[], was: Parent, now: Parent) =>
      walkChildren(setting, graphs, started, { was, now, branch });
    const stray = new Stray({ setting, recording, graphs, bases, branch, path, walkInside }, this.now, record.time);
    yield* stray.walk(expected);
    this.now = stray.state;
    this.isCut = stray.isCut;
    this.children.push(...stray.children);
  }

  #recorded(): readonly RunEvent[] {
    return this.recording.records.slice(this.#index, this.#index + TOLD_EVENTS).map(({ event }) => event);
  }

  #miss(what: Missing['what'], message: string): undefined {
    this.isCut = true;
    noteMissing(this.setting, this.place, what, message);
  }
}

/** Walks the runs that one run started. */
export function* walkChildren(
  setting: Setting,
  graphs: Graphs,
  started: readonly Recording[],
  { was, now, branch }: { readonly was: Parent; readonly now: Parent; readonly branch: readonly number[] },
): Steps<RunWalk[]> {
  const walks: RunWalk[] = [];
  const [basesThen, basesNow] = [itemsOf(was, graphs.own), itemsOf(now, graphs.as)];
  for (const child of [...started].sort((one, other) => linkOf(one).index - linkOf(other).index)) {
    const { graph_id: graphId, graph_version: version } = submittedOf(child);
    const { index, kind } = linkOf(child);
    const place = [...branch, index];
    if (kind === 'branch') {
      const before = inheritedFrom(was.state, basesThen[index]);
      const isTwin = was.state === now.state && isDeepEqual(basesThen[index], basesNow[index]);
      const bases = { was: before, now: isTwin ? before : inheritedFrom(now.state, basesNow[index]) };
      walks.push(new RunWalk(setting, child, graphs, bases, place));
    } else {
      const graph = setting.graphs.get(graphId, version);
      const filled = graph && setting.conditions.fillIn(graph);
      // Without its graph, what is recorded of it is all that is known: nothing is expected of it.
      const through = filled === undefined ? { ...graphs, isUnknown: true as const } : { own: filled, as: filled };
      walks.push(new RunWalk(setting, child, through, NO_BASES, place));
    }
    yield* (walks.at(-1) as RunWalk).walk();
  }
  return walks;
}

function inheritedFrom({ inputData, data }: RunState, item: Inherited['item'] = null): Inherited {
  return { inputData, data, item };
}

/** What a for_each has branches for. */
function itemsOf({ state, children }: Parent, graph: CompiledGraph): readonly Inherited['item'][] {
  const route = graph.nodes.get(children.node)?.route;
  if (children.kind !== 'for_each' || route?.kind !== 'for_each') return [];
  try {
    return evaluateList(route.items, scopeOf(state)).value;
  } catch {
    // The branches of then were for a list. A journal that says otherwise is none of ours.
    return [];
  }
}

/** As the executor does by its snapshots: a large journal does not have every patch measured with all of `data`. */
function measured(state: RunState): RunState {
  if (!isSnapshotDue(state)) return state;
  return { ...state, snapshotBytes: estimateBytes(state.own ?? state.data), journalBytes: 0 };
}

import type { Steps } from '../base/steps.js';
import { type Command, decide } from '../run/decide.js';
import type { EventOf, RunEvent } from '../run/events.js';
import type { ChildResult } from '../run/join.js';
import { append } from '../run/journal.js';
import { isLimited, type LimitedRun, liftLimits } from '../run/lift-limits.js';
import { receiveSignal } from '../run/receive-signal.js';
import { answer } from '../run/requests.js';
import { settle, settleChildren } from '../run/settle.js';
import { type Children, isFinished, type RunState, statusOf, waitOf } from '../run/state.js';
import type { Circumstances } from '../run/visit.js';
import { resultOf } from './child-result.js';
import { deriveCall } from './derived-call.js';
import { type Path, placeIn } from './path.js';
import { isSameCall, type RecordedCall, settleRecorded } from './recorded-call.js';
import { linkOf, type Recording, submittedOf } from './recording.js';
import type { Missing } from './replayed.js';
import { type Bases, type Graphs, noteMissing, type Setting } from './setting.js';
import { Tape } from './tape.js';

/** A run that has children, and what is known of them. */
export interface Parent {
  readonly state: RunState;
  readonly children: Children;
}

/** A run inside a run that goes its own way, as far as it was walked. */
export interface Inside {
  readonly isCut: boolean;
  readonly now: RunState;
}

interface StrayParts<W extends Inside> {
  readonly setting: Setting;
  readonly recording: Recording;
  readonly graphs: Graphs;
  readonly bases: Bases;
  readonly branch: readonly number[];
  readonly path: Path;
  /** Walks runs inside the run: those that one of then started, as those that the one of now has. */
  readonly walkInside: (started: readonly Recording[], was: Parent, now: Parent) => Steps<W[]>;
}

/** Events of a run that went its own way, at most: so many for each that was recorded, and some. */
const EVENTS_FOR_EACH = 10;
const EVENTS_MORE = 10_000;

/**
 * Follows a run that goes another way than it went. Results are those of the same visits of the same nodes with the same
 * params; waits end as they ended. It ends where one is missing.
 */
export class Stray<W extends Inside> {
  isCut = false;
  readonly children: W[] = [];

  /**
   * @param state the run where it goes another way
   * @param now the time by then, in milliseconds since 1970
   */
  constructor(
    private readonly parts: StrayParts<W>,
    public state: RunState,
    private now: number,
  ) {}

  /** Walks on with the events that are the other way. */
  *walk(begin: readonly RunEvent[]): Steps<void> {
    const { recording, graphs, bases } = this.parts;
    const tape = yield* Tape.read({ ...recording, runId: this.state.runId }, graphs.own, bases.was);
    this.parts.setting.conditions.forget();
    const most = EVENTS_MORE + EVENTS_FOR_EACH * recording.records.length;
    this.#append(begin);
    const first = this.state.seq;
    // A pause decides no way.
    if (this.state.paused) this.#append([{ type: 'run.unpaused' }]);
    for (;;) {
      yield;
      if (this.state.seq - first > most) return this.#miss('call', 'The run would not come to an end.');
      if (!(yield* this.#goOn(tape))) return;
    }
  }

  /** Does what comes next; false if there is nothing more. */
  *#goOn(tape: Tape): Steps<boolean> {
    const command = decide(this.parts.graphs.as, this.state, this.#at());
    switch (command.type) {
      case 'append':
        return this.#append(command.events);
      case 'call':
        return this.#append(this.#call(command, tape));
      case 'wait':
        return this.#rest(command.until, tape);
      case 'children':
        return this.#append(yield* this.#join(command.children, tape));
      case 'stop':
        return this.#retry(tape);
    }
  }

  #at(): Circumstances {
    const [family] = this.parts.setting.family.possible(this.state, this.now);
    return { now: this.now, random: 0.5, family, hasSlot: true };
  }

  #append(events: readonly RunEvent[] | undefined): boolean {
    if (events === undefined || events.length === 0) return false;
    const { unanswered } = this.parts.setting.conditions;
    if (unanswered !== undefined) {
      this.#miss('condition', `The condition "${unanswered}" is not registered here, so nobody can ask it.`);
      return false;
    }
    for (const event of events) {
      this.parts.path.note(this.state, event);
      this.state = append(this.state, [event], this.now).state;
    }
    return true;
  }

  #call({ node, cursor }: Extract<Command, { type: 'call' }>, tape: Tape): readonly RunEvent[] | undefined {
    const { as } = this.parts.graphs;
    const recorded = tape.call(this.state);
    const before = recorded?.graph.nodes.get(cursor.node);
    const isSame =
      recorded !== undefined &&
      before !== undefined &&
      isSameCall({ node: before, state: recorded.state }, { node, state: this.state });
    if (isSame) {
      this.now = Math.max(this.now, recorded.record.time);
      return settleRecorded(as, this.state, this.#atOnce(recorded, tape), this.#at());
    }
    const derived = deriveCall(node, this.state, this.now);
    if (derived !== undefined) return settle(as, this.state, derived, this.#at());
    if (recorded !== undefined) {
      return this.#miss('params', `Node "${cursor.node}" would call "${node.toolName}" with other params than it did.`);
    }
    if (tape.knows(this.state)) {
      return this.#miss('attempt', `Attempt ${cursor.attempt} of node "${cursor.node}" was never made.`);
    }
    return this.#miss('call', `Node "${cursor.node}" was not called in this visit, so what it comes to is not known.`);
  }

  /** A wait that begins now ends when the one that was recorded did: time is not waited for. */
  #atOnce(call: RecordedCall, tape: Tape): RecordedCall {
    const { event } = call.record;
    if (event.type !== 'wait.started') return call;
    const isOver = event.wait.kind === 'timer' || tape.nextWait(this.state)?.outcome === 'expired';
    const wait = { ...event.wait, until: isOver ? this.now : null };
    return { ...call, record: { ...call.record, event: { ...event, wait } } };
  }

  /** Ends what the run waits for as it ended then. */
  #rest(until: number | null, tape: Tape): boolean {
    const { phase } = this.state;
    if (phase.kind === 'waiting' && phase.wait.kind === 'retry' && until !== null) {
      this.now = Math.max(this.now, until);
      return true;
    }
    if (isLimited(this.state)) return this.#lift(this.state, tape);
    const ended = tape.takeWait(this.state);
    if (ended?.outcome === 'answered') return this.#answer(ended);
    const signal = waitOf(this.state)?.signal;
    if (ended?.outcome === 'signalled' && signal !== undefined) return this.#signal(signal, ended);
    if (!tape.isOpenAt(this.state)) this.#miss('answer', 'Nobody recorded how this wait would end.');
    return false;
  }

  /** A run that asks at a limit that nobody lifted then has come to its end here. */
  #lift(state: LimitedRun, tape: Tape): boolean {
    const limits = tape.takeLift(state)?.limits;
    if (limits === undefined) return false;
    const [family] = this.parts.setting.family.possible(state, this.now);
    return this.#append(liftLimits(state, { payload: { limits: { ...limits } } }, family).events);
  }

  #answer({ answer: payload = null }: EventOf<'wait.ended'>): boolean {
    const { events, refusal } = answer(this.state, { payload }, this.now);
    if (refusal === undefined) return this.#append(events);
    this.#miss('answer', `The answer that was given would be refused: ${refusal.message}`);
    return false;
  }

  #signal(name: string, { answer: payload = null }: EventOf<'wait.ended'>): boolean {
    const { events, refusal } = receiveSignal(this.state, { name, payload }, this.now);
    if (refusal === undefined) return this.#append(events);
    this.#miss('answer', `The signal "${name}" that was sent would be refused: ${refusal.message}`);
    return false;
  }

  *#join(children: Children, tape: Tape): Steps<readonly RunEvent[] | undefined> {
    const { recording, walkInside, graphs } = this.parts;
    const was = tape.children(this.state);
    const started = recording.children.filter((child) => linkOf(child).seq === was?.children.seq);
    const found = started.filter((child) => isCounterpart(child, children));
    if (was === undefined || found.length < children.count) {
      return this.#miss('child', 'What its branches, or the graph that it runs, would have come to was not recorded.');
    }
    const walks = yield* walkInside(found, was, { state: this.state, children });
    this.children.push(...walks);
    const results: ChildResult[] = [];
    for (const walk of walks) {
      const result = walk.isCut ? undefined : resultOf(walk.now);
      if (result === undefined) return this.#miss('child', 'What a run inside it would have come to is not known.');
      results.push(result);
      this.now = Math.max(this.now, result.finishedAt);
    }
    return settleChildren(graphs.as, this.state, results, this.#at());
  }

  /** Sets a run going again that was set going again where it ended. */
  #retry(tape: Tape): boolean {
    if (!isFinished(statusOf(this.state)) || this.state.phase.kind === 'completed') return false;
    const retried = tape.takeRetry(this.state);
    return retried !== undefined && this.#append([retried]);
  }

  #miss(what: Missing['what'], message: string): undefined {
    this.isCut = true;
    const { setting, graphs, branch } = this.parts;
    noteMissing(setting, placeIn(this.state, graphs.as.entryPoint, branch), what, message);
  }
}

/** True for a run that is the same one of the children as one that was recorded. */
function isCounterpart(child: Recording, { count, toNodes, kind }: Children): boolean {
  const { index } = linkOf(child);
  if (index >= count) return false;
  return kind === 'graph' || submittedOf(child).entry_node === toNodes[toNodes.length === 1 ? 0 : index];
}

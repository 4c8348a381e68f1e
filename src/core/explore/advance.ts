import { decide } from '../run/decide.js';
import type { EventRecord, RunEvent } from '../run/events.js';
import { append } from '../run/journal.js';
import { type CallOutcome, settle, settleChildren } from '../run/settle.js';
import { type Children, cursorOf } from '../run/state.js';
import type { Circumstances } from '../run/visit.js';
import { areChildrenOver, cancelOthers, enterChild, familyOf, isRace, leaveChild } from './child-runs.js';
import type { ExploredGraphs } from './graphs.js';
import { stepOf } from './trace.js';
import { type Frame, link, type World } from './world.js';

/** Where a world cannot go on by itself: something has to be chosen, or the top run has ended, or waits at a limit. */
export interface Stop {
  readonly kind: 'call' | 'wait' | 'race' | 'end';
  readonly world: World;
}

/** Walks worlds: does all that follows from what is there, up to the next choice. */
export class Walker {
  constructor(
    readonly graphs: ExploredGraphs,
    /** Called with the events of each step, and the world that they led to. */
    private readonly onEvents: (world: World, records: readonly EventRecord[]) => void,
  ) {}

  /** Goes on until something has to be chosen, or the run has ended. */
  advance(from: World): Stop {
    let world = from;
    for (;;) {
      const next = this.#next(world);
      if ('kind' in next) return next;
      world = next;
    }
  }

  #next(world: World): World | Stop {
    const { frame } = world;
    const command = this.#within(frame, () => decide(frame.graph, frame.state, circumstancesOf(world)));
    switch (command.type) {
      case 'append':
        return this.append(world, command.events);
      case 'call':
        return { kind: 'call', world };
      case 'wait':
        return passTime(world);
      case 'children':
        return this.#nextChild(world, command.children, command.cancel);
      case 'stop':
        return frame.above === null ? { kind: 'end', world } : leaveChild(world, frame.above);
    }
  }

  /** The call of the visit under way has come to this. */
  settle(world: World, outcome: CallOutcome): World {
    const { frame } = world;
    const at = circumstancesOf(world);
    return this.append(
      world,
      this.#within(frame, () => settle(frame.graph, frame.state, outcome, at)),
    );
  }

  /** Events of the innermost run, with all that is told of them. */
  append(world: World, events: readonly RunEvent[]): World {
    const { frame } = world;
    const now = world.now + 1;
    const { state, records } = append(frame.state, events, now);
    const steps = events.flatMap((event) => stepOf(event, world) ?? []);
    const after = {
      ...world,
      now,
      frame: { ...frame, state, records: link(frame.records, records) },
      trace: link(world.trace, steps),
      label: steps.length > 0 ? null : world.label,
    };
    this.onEvents(after, records);
    return after;
  }

  /** Makes the condition of a step answer what was chosen for it. */
  #within<T>({ state, scripted }: Frame, work: () => T): T {
    const isNow = scripted !== null && scripted.step === cursorOf(state)?.step;
    return this.graphs.script(isNow ? scripted.outcome : undefined, work);
  }

  #nextChild(world: World, children: Children, isCancelled: boolean): World | Stop {
    const { frame } = world;
    if (isCancelled || areChildrenOver(frame, children)) return this.#join(cancelOthers(world, children));
    if (frame.first === null && isRace(frame, children)) return { kind: 'race', world };
    return enterChild(world, children, this.graphs);
  }

  #join(world: World): World {
    const { frame } = world;
    const at = circumstancesOf(world);
    const events = this.#within(frame, () => settleChildren(frame.graph, frame.state, frame.results, at));
    return this.append({ ...world, frame: { ...frame, results: [], first: null } }, events);
  }
}

/** Time passes as it is needed; only answers and signals have to be chosen. */
function passTime(world: World): World | Stop {
  const { phase } = world.frame.state;
  if (phase.kind !== 'waiting') return { kind: 'end', world };
  const { kind, until } = phase.wait;
  if ((kind !== 'timer' && kind !== 'retry') || until === null) return { kind: 'wait', world };
  const { deadlineAt } = world.frame.state;
  return { ...world, now: Math.max(world.now, Math.min(until, deadlineAt ?? until)) };
}

function circumstancesOf({ frame, now }: World): Circumstances {
  return { now, random: 0.5, family: familyOf(frame) };
}

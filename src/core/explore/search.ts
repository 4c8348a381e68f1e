import type { Steps } from '../base/steps.js';
import { cursorOf, errorOf, statusOf } from '../run/state.js';
import type { Stop, Walker } from './advance.js';
import { callChoices } from './call-choices.js';
import { type Choice, type Knowledge, takeChoice, withAnswers } from './choice.js';
import { isDeliberate, isLimitError } from './diagnose-failure.js';
import { fingerprintOf, type Relevance } from './fingerprint.js';
import { loopIn, StateSpace } from './state-space.js';
import { waitChoices } from './wait-choices.js';
import type { World } from './world.js';

/*
 * Ways are walked in the order of how often they turn from the usual one, which takes the first of the choices each time.
 * Every state is left once by each of its choices; a run that comes to a state that was there already adds nothing, and
 * ends. Once no way is left, all is explored: a loop in which something always changes ends at a limit of the run.
 * What is left of the budget when the ways are too many goes to runs at random, which get farther.
 */

/** The part of the budget that goes to the search; the rest is for runs at random. */
const SEARCH_SHARE = 0.75;
/** Choices of one run at random. */
const MAX_WALK = 500;
/** Ways that are kept in mind. */
const MAX_PENDING = 200_000;
/** Branches that are tried as the first to end. */
const MAX_RACE = 4;
/** States of a run at a limit that are looked at. */
const MAX_LAST = 100;

export interface Budget {
  readonly runs: number;
  /** Choices that are made. */
  readonly steps: number;
  /** True once the time is over. Asked between steps. */
  readonly isTimeOver: () => boolean;
}

/** A way that was not walked yet. */
interface Pending {
  readonly world: World;
  readonly choice: Choice;
  /** The state that it leaves; undefined for the start of a run. */
  readonly from: number | undefined;
  readonly turns: number;
}

/** A run that comes back to where it was, or ends at a limit. */
export interface Circle {
  readonly world: World;
  /** The states of the loop; of a run at a limit, all that it came through last. */
  readonly states: readonly number[];
}

export class Search {
  readonly space = new StateSpace<World>();
  /** Runs that came back to a state with nothing changed. */
  readonly circles: Circle[] = [];
  /** Runs that ended at a limit. */
  readonly stopped: Circle[] = [];
  /** Waits that nothing ends. */
  readonly waiting: World[] = [];
  runs = 0;
  #steps = 0;
  /** By how often they turn from the usual way; each list is taken from its start. */
  readonly #pending: { readonly ways: Pending[]; taken: number }[] = [];
  #pendingCount = 0;
  #isCut = false;

  constructor(
    private readonly walker: Walker,
    private readonly knowledge: Knowledge,
    private readonly relevance: Relevance,
    private readonly budget: Budget,
    private readonly random: () => number,
  ) {}

  /** Explores from these worlds on, the usual one first. True if all was explored. */
  *explore(starts: readonly World[]): Steps<boolean> {
    for (const [index, world] of starts.entries()) {
      this.#push({ world, choice: START, from: undefined, turns: index === 0 ? 0 : 1 });
    }
    const most = Math.floor(this.budget.steps * SEARCH_SHARE);
    for (let next = this.#pop(); next !== undefined; next = this.#pop()) {
      if (this.#isOver(most)) {
        this.#isCut = true;
        break;
      }
      yield* this.#walkOn(next);
    }
    if (!this.#isCut) return true;
    while (!this.#isOver(this.budget.steps)) yield* this.#walkAtRandom(starts);
    return false;
  }

  #isOver(steps: number): boolean {
    return this.#steps >= steps || this.runs >= this.budget.runs || this.budget.isTimeOver();
  }

  #push(way: Pending): void {
    if (this.#pendingCount >= MAX_PENDING) {
      this.#isCut = true;
      return;
    }
    this.#pendingCount += 1;
    const list = this.#pending[way.turns] ?? { ways: [], taken: 0 };
    this.#pending[way.turns] = list;
    list.ways.push(way);
  }

  #pop(): Pending | undefined {
    const list = this.#pending.find(({ ways, taken }) => taken < ways.length);
    if (list === undefined) return undefined;
    this.#pendingCount -= 1;
    list.taken += 1;
    return list.ways[list.taken - 1];
  }

  /** Walks one way, and from then on the usual one, up to an end or to a state that was there already. */
  *#walkOn({ world: start, choice: first, from: origin, turns }: Pending): Steps<void> {
    let [world, choice, from] = [start, first, origin];
    this.runs += 1;
    for (;;) {
      yield;
      this.#steps += 1;
      if (from !== undefined) this.space.open(from, -1);
      if (choice.isEnd === true) {
        this.waiting.push(takeChoice(world, choice));
        return;
      }
      const stop = this.walker.advance(takeChoice(world, choice));
      const choices = this.#choicesAt(stop);
      const [usual, ...others] = choices;
      if (usual === undefined) {
        this.#end(stop.world, from);
        return;
      }
      const { id, isNew } = this.space.enter(fingerprintOf(stop.world, this.relevance), stop.world);
      if (from !== undefined) this.space.link(from, id);
      const { path } = stop.world;
      if (!isNew) {
        const states = loopIn(path, id);
        if (states !== undefined) this.circles.push({ world: stop.world, states });
        return;
      }
      const next = { ...stop.world, path: { value: id, before: path } };
      this.space.open(id, choices.length);
      for (const other of others) this.#push({ world: next, choice: other, from: id, turns: turns + 1 });
      [world, choice, from] = [next, usual, id];
    }
  }

  *#walkAtRandom(starts: readonly World[]): Steps<void> {
    const first = starts[Math.floor(this.random() * starts.length)];
    if (first === undefined) return;
    this.runs += 1;
    let world = first;
    for (let count = 0; count < MAX_WALK && !this.#isOver(this.budget.steps); count += 1) {
      yield;
      this.#steps += 1;
      const stop = this.walker.advance(world);
      const choices = this.#choicesAt(stop);
      const chosen = choices[this.random() < 0.5 ? 0 : Math.floor(this.random() * choices.length)];
      if (chosen === undefined || chosen.isEnd === true) return;
      world = takeChoice(stop.world, chosen);
    }
  }

  #end(world: World, from: number | undefined): void {
    const error = errorOf(world.frame.state);
    const isStopped = world.frame.state.phase.kind === 'limited' || (error !== null && isLimitError(error));
    if (isStopped) this.stopped.push({ world, states: lastOf(world) });
    const isMeant = statusOf(world.frame.state) === 'COMPLETED' || (error !== null && isDeliberate(error, world.frame));
    if (isMeant && from !== undefined) this.space.end(from);
  }

  /** The usual way first; none at an end. */
  #choicesAt({ kind, world }: Stop): readonly Choice[] {
    const { state, graph } = world.frame;
    const cursor = cursorOf(state);
    const node = graph.nodes.get(cursor?.node ?? '');
    if (kind === 'end' || cursor === null || node === undefined) return [];
    if (kind === 'call') {
      return withAnswers(world, callChoices(world, { node, cursor }, this.walker, this.knowledge));
    }
    const { phase } = state;
    if (phase.kind === 'waiting') return withAnswers(world, waitChoices(world, phase.wait, this.walker, this.knowledge));
    const count = phase.kind === 'joining' ? phase.children.count : 0;
    return Array.from({ length: Math.min(count, MAX_RACE) }, (_, first) => ({
      label: `branch ${first} ends first`,
      isAssumed: false,
      take: (at: World) => ({ ...at, label: null, frame: { ...at.frame, first } }),
    }));
  }
}

/** Begins a run. */
const START: Choice = { label: '', isAssumed: false, take: (world) => ({ ...world, label: null }) };

/** Of a run that a limit has stopped, the states that it came through last. */
function lastOf({ path }: World): readonly number[] {
  const states: number[] = [];
  for (let at = path; at !== null && states.length < MAX_LAST; at = at.before) states.push(at.value);
  return states.reverse();
}

import type { JsonObject } from '../base/json.js';
import { choose, scopeOf } from '../run/routing.js';
import { cursorOf } from '../run/state.js';
import type { Hints } from './hints.js';
import type { World } from './world.js';

/** One of the ways on from a world. */
export interface Choice {
  readonly label: string;
  /** Nobody has said that it can be so. */
  readonly isAssumed: boolean;
  /** What it sets, if that completes the step. */
  readonly patch?: JsonObject;
  /** Nothing follows: the run stays where it is. */
  readonly isEnd?: true;
  readonly take: (world: World) => World;
}

/** What is known of the graph that is explored, for those who choose. */
export interface Knowledge {
  readonly hints: Hints;
  /** Patches that calls of nodes came to in past runs. */
  readonly examples: ReadonlyMap<string, readonly JsonObject[]>;
  /** The keys of `data` that nodes are taken to set, of whose tools nothing is known. */
  readonly keysOfUnknown: ReadonlyMap<string, readonly string[]>;
}

/** The world after a choice, before what follows from it. */
export function takeChoice(world: World, { label, isAssumed, take }: Choice): World {
  return take({ ...world, label, isAssumed: world.isAssumed || isAssumed });
}

/**
 * Where values are assumed, a condition is a function of what nobody knows: it is taken to answer all that it declares as
 * well. What it makes of values that are certain is what it says.
 */
export function withAnswers(world: World, choices: readonly Choice[]): readonly Choice[] {
  const { state, graph } = world.frame;
  const cursor = cursorOf(state);
  const node = cursor === null ? undefined : graph.nodes.get(cursor.node);
  if (cursor === null || node?.route.kind !== 'condition') return choices;
  const { name, condition } = node.route;
  const outcomes = condition?.outcomes ?? [];
  const script = (choice: Choice, outcome: string): Choice => ({
    label: `${choice.label}, ${name}: ${outcome}`,
    isAssumed: true,
    take: (at) =>
      choice.take({
        ...at,
        isScripted: true,
        frame: { ...at.frame, scripted: { step: cursor.step, outcome } },
      }),
  });
  let isScripted = false;
  return choices.flatMap((choice) => {
    const { patch, isAssumed } = choice;
    if (patch === undefined || outcomes.length === 0 || !(isAssumed || world.isAssumed)) return [choice];
    const answer = choose(node, () => scopeOf(state, { ...state.data, ...patch }));
    // One set of values is enough to try all that it can answer.
    const answers = isScripted ? [] : outcomes.filter((outcome) => outcome !== answer.decision?.outcome);
    isScripted = true;
    const others = answers.map((outcome) => script(choice, outcome));
    // It says nothing of the graph that a condition cannot read what was made up.
    return answer.error === undefined ? [choice, ...others] : others;
  });
}

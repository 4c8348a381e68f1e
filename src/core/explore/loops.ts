import { cursorOf, waitOf } from '../run/state.js';
import type { FindingList } from './findings.js';
import type { Places } from './places.js';
import type { Circle, Search } from './search.js';
import type { Frame, World } from './world.js';

/** Most names of nodes in a message. */
const MAX_NAMES = 10;

/** Tells of runs that go round in a circle: for ever, or up to a limit. */
export function findLoops({ space, circles, stopped }: Search, root: Frame['graph'], findings: FindingList, places: Places): void {
  const traps = space.findTraps();
  const trapped = new Set<string>();
  const trapOf = ({ states }: Circle) => space.arrivals(states.filter((state) => traps.has(state)));
  const rounds = [
    ...circles.map((circle) => ({ world: circle.world, nodes: nodesOf(trapOf(circle), root) })),
    ...stopped.map((circle) => ({ world: circle.world, nodes: repeatedIn(trapOf(circle), root) })),
  ];
  for (const { world, nodes } of rounds) {
    const [node] = nodes;
    if (node === undefined || nodes.some((each) => trapped.has(each))) continue;
    for (const each of nodes) {
      trapped.add(each);
      findings.drop('limit_reached', places.node(each));
    }
    const message = `No outcome of any call leads from ${inWords(nodes)} to an end: the run goes round until a limit stops it. Add a way out, or correct its condition.`;
    findings.add({ code: 'endless_loop', pointer: places.node(node), node, message, isWarning: false }, world);
  }
  for (const { states, world } of circles) {
    const worlds = space.arrivals(states);
    const nodes = nodesOf(worlds, root);
    const [node] = nodes;
    // People do not answer hundreds of times.
    if (node === undefined || nodes.some((each) => trapped.has(each)) || worlds.some(asksPerson)) continue;
    const { maxSteps } = world.frame.state;
    const message = `If each call comes to the same again, the run goes round ${inWords(nodes)} up to its limit of ${maxSteps} steps. Limit the rounds, or set max_visits or no_progress.`;
    findings.add({ code: 'limit_reached', pointer: places.node(node), node, message, isWarning: true }, world);
  }
}

/** Tells of waits that nothing ends. */
export function findWaits({ waiting }: Search, root: Frame['graph'], findings: FindingList, places: Places): void {
  for (const world of waiting) {
    const { frame } = world;
    // Of a graph that runs as a step, its own exploration tells.
    if (frame.graph !== root) continue;
    const wait = waitOf(frame.state);
    const node = wait?.node ?? '';
    const what = wait?.kind === 'signal' ? `the signal "${wait.signal}"` : 'an answer';
    const message = `The step waits for ${what}, and nothing ends the wait if none comes. Set expires_in_seconds, or deadline_seconds of the run.`;
    findings.add({ code: 'wait_unended', pointer: places.node(node), node, message, isWarning: true }, world);
  }
}

/** The nodes that runs were at in these worlds, in their order, each once: those of the graph itself. */
function nodesOf(worlds: readonly World[], root: Frame['graph']): readonly string[] {
  return [...new Set(visitsIn(worlds, root))];
}

/** The nodes that a run at a limit came to more than once: how it came into a loop is not a part of it. */
function repeatedIn(worlds: readonly World[], root: Frame['graph']): readonly string[] {
  const visits = visitsIn(worlds, root);
  return [...new Set(visits.filter((node, index) => visits.indexOf(node) !== index))];
}

function visitsIn(worlds: readonly World[], root: Frame['graph']): readonly string[] {
  return worlds.flatMap(({ frame }) => (frame.graph === root ? (cursorOf(frame.state)?.node ?? []) : []));
}

function asksPerson({ frame }: World): boolean {
  return waitOf(frame.state)?.kind === 'input';
}

function inWords(nodes: readonly string[]): string {
  const names = nodes.slice(0, MAX_NAMES).map((name) => `"${name}"`);
  if (nodes.length > names.length) names.push(`${nodes.length - names.length} more`);
  return names.join(', ');
}

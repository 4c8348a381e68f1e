import type { Json, JsonObject } from '../base/json.js';
import { fitPayload } from '../run/fit-payload.js';
import { receiveSignal } from '../run/receive-signal.js';
import type { OpenWaitKind } from '../run/waits.js';
import { cursorOf, type Waiting } from '../run/state.js';
import type { Walker } from './advance.js';
import type { Choice, Knowledge } from './choice.js';
import { guess, type Option } from './guess.js';
import { NO_HINT } from './hints.js';
import { valuesOf } from './schema-values.js';
import { inShort, link, type World } from './world.js';

/** What ends a wait for an answer or a signal; or nothing does. */
export function waitChoices(world: World, wait: Waiting<OpenWaitKind>, walker: Walker, knowledge: Knowledge): readonly Choice[] {
  const { deadlineAt } = world.frame.state;
  const key = wait.saveAs ?? wait.node;
  const answers = answersTo(wait, key, knowledge).map(({ value, isAssumed }): Choice => {
    const patch: JsonObject = { [key]: value };
    const word = wait.kind === 'input' ? 'answer' : 'signal';
    return { label: `${word} ${inShort(value)}`, isAssumed, patch, take: (at) => answer(at, wait, value, walker) };
  });
  const end = wait.until ?? deadlineAt;
  if (end === null) return [...answers, { label: 'no answer', isAssumed: false, isEnd: true, take: stayWaiting }];
  const take = (at: World): World => ({ ...at, now: Math.max(at.now, Math.min(end, deadlineAt ?? end)) });
  return [...answers, { label: wait.until === null ? 'deadline' : 'expired', isAssumed: false, take }];
}

/** The trace ends with the step that waits. */
function stayWaiting(world: World): World {
  const { node = '', step = 0 } = cursorOf(world.frame.state) ?? {};
  return { ...world, trace: link(world.trace, [{ step, node, outcome: 'no answer', toNode: null }]) };
}

function answersTo({ schema }: Waiting, key: string, { hints }: Knowledge): readonly Option[] {
  const hint = hints.data.fields.get(key) ?? NO_HINT;
  if (schema === null) return guess(hint);
  const fitting = valuesOf(schema, hint);
  return fitting.map(({ value, isAssumed }) => ({ value: fitPayload(schema, value).value, isAssumed }));
}

function answer(world: World, wait: Waiting<OpenWaitKind>, value: Json, walker: Walker): World {
  if (wait.kind !== 'signal') {
    return walker.append(world, [{ type: 'wait.ended', wait_id: wait.id, outcome: 'answered', answer: value }]);
  }
  const { events = [] } = receiveSignal(world.frame.state, { name: wait.signal ?? '', payload: value }, world.now);
  return walker.append(world, events);
}

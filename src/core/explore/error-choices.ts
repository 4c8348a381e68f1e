import { definedOnly } from '../base/defined-only.js';
import type { Json } from '../base/json.js';
import type { CompiledNode } from '../graph/compile.js';
import { cursorOf } from '../run/state.js';
import type { AnyTool } from '../tool/tool.js';
import type { Walker } from './advance.js';
import type { Choice } from './choice.js';
import { guess } from './guess.js';
import type { Hint } from './hints.js';
import { inShort, type World } from './world.js';

/** Errors of the server that any call can end with. Others follow from what is certain. */
const OF_ANY_CALL: readonly string[] = ['tool_failed', 'timeout'];
/** Codes that waits come to, and that a tool which asks for them names among its own. */
const OF_WAITS: readonly string[] = ['wait_expired', 'invalid_signal', 'child_failed', 'depth_exceeded', 'queue_full'];
/** Details of one error that are tried. */
const MAX_DETAILS = 6;

/**
 * The errors that a call can end with: each that the node tells apart, and one that it does not. A step that has failed
 * fails again with the same error, unless another outcome is chosen.
 */
export function errorChoices(
  world: World,
  node: CompiledNode,
  tool: AnyTool,
  walker: Walker,
  details: Hint,
): { readonly list: readonly Choice[]; readonly repeated: boolean } {
  const { frame } = world;
  const step = cursorOf(frame.state)?.step ?? 0;
  const failing = frame.failing?.step === step ? frame.failing.label : undefined;
  const list = errorsOf(node, tool, details).map(({ code, detail }): Choice => {
    const label = detail === undefined ? code : `${code} ${inShort(detail)}`;
    const message = code === 'timeout' ? 'The step took longer than its timeout.' : `The call fails with ${code}.`;
    const outcome = { kind: 'threw' as const, code, message, logs: [], ...definedOnly({ details: detail }) };
    return {
      label,
      isAssumed: false,
      take: (at) => walker.settle({ ...at, frame: { ...at.frame, failing: { step, label } } }, outcome),
    };
  });
  if (failing === undefined) return { list, repeated: false };
  const same = list.filter(({ label }) => label === failing);
  return { list: [...same, ...list.filter(({ label }) => label !== failing)], repeated: true };
}

interface Fault {
  readonly code: string;
  readonly detail?: Json;
}

function errorsOf(node: CompiledNode, tool: AnyTool, details: Hint): readonly Fault[] {
  const own = (tool.errors ?? []).filter((code) => !OF_WAITS.includes(code));
  const possible = [...own, ...OF_ANY_CALL];
  const entries = [...node.retry, ...node.onError];
  const named = [...new Set(entries.flatMap(({ on }) => [...(on ?? [])]))];
  const told = named.filter((code) => possible.includes(code) || tool.errors === undefined);
  const other = possible.find((code) => !told.includes(code));
  const codes = [...told.filter((code) => !OF_WAITS.includes(code)), ...(other === undefined ? [] : [other])];
  const asksDetails = entries.some(({ when }) => when !== undefined) || details.fields.size > 0;
  if (!asksDetails) return codes.map((code) => ({ code }));
  const values = guess(details).slice(0, MAX_DETAILS);
  return codes.flatMap((code) => values.map(({ value }) => ({ code, detail: value })));
}

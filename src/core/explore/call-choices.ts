import { definedOnly } from '../base/defined-only.js';
import { messageOf } from '../base/errors.js';
import { isPlainObject, type JsonObject } from '../base/json.js';
import { NO_MASK } from '../base/mask.js';
import { ExpressionError } from '../expressions/expressions.js';
import type { CompiledNode } from '../graph/compile.js';
import { scopeOf } from '../run/routing.js';
import type { CallOutcome } from '../run/settle.js';
import type { Cursor, RunState } from '../run/state.js';
import { readFailureKind } from '../tool/failure.js';
import { ANSWER_SHAPE, type AnyTool, FOLLOWS_FROM_PARAMS } from '../tool/tool.js';
import { retryHint } from '../tool/tool-errors.js';
import { waitRequestOf } from '../tool/wait.js';
import type { Walker } from './advance.js';
import type { Choice, Knowledge } from './choice.js';
import { errorChoices } from './error-choices.js';
import { guess, type Option } from './guess.js';
import { type Hint, NO_HINT } from './hints.js';
import { startWaiting } from './requested-waits.js';
import { valuesOf } from './schema-values.js';
import { inShort, type World } from './world.js';

/** Patches of past runs that are tried for a node. */
const MAX_EXAMPLES = 5;

type Failed = Extract<CallOutcome, { kind: 'threw' }>;

/** What the call of a visit can come to: what is certain, else what is declared, was recorded, or is assumed. */
export function callChoices(
  world: World,
  { node, cursor }: { readonly node: CompiledNode; readonly cursor: Cursor },
  walker: Walker,
  knowledge: Knowledge,
): readonly Choice[] {
  const settle = (outcome: CallOutcome) => (at: World) => walker.settle(at, outcome);
  const certain = (outcome: Failed): readonly Choice[] => [
    { label: outcome.code, isAssumed: false, take: settle(outcome) },
  ];
  const prepared = prepareCall(node, world.frame.state);
  if ('kind' in prepared) return certain(prepared);
  const { tool, params } = prepared;
  if (tool[FOLLOWS_FROM_PARAMS] === true) {
    const result = callPure(tool, params, { node, cursor, state: world.frame.state });
    if (result.kind === 'threw') return certain(result);
    const request = waitRequestOf(result.value);
    if (request !== undefined) return startWaiting(world, { node, request, params }, walker, knowledge);
    const patch = isPlainObject(result.value) ? (result.value as JsonObject) : {};
    return [{ label: inShort(patch), isAssumed: false, patch, take: settle(result) }];
  }
  const known = node.params.isStatic ? knowledge.answers.get(node) : undefined;
  const options = known ?? answersOf(node, tool, params, knowledge);
  knowledge.answers.set(node, options);
  const answers = options.map(({ value, isAssumed }): Choice => {
    const patch = value as JsonObject;
    return { label: inShort(patch), isAssumed, patch, take: settle({ kind: 'returned', value: patch, logs: [] }) };
  });
  const { list, repeated } = errorChoices(world, { node, cursor, tool }, walker, knowledge.hints.details);
  return repeated ? [...list, ...answers] : [...answers, ...list];
}

/** What the tool is called with; or why it is not called. */
function prepareCall(node: CompiledNode, state: RunState): { tool: AnyTool; params: unknown } | Failed {
  const { tool, params } = node;
  if (tool === undefined) return refuse('tool_missing', `The tool "${node.toolName}" is not registered.`);
  try {
    // Text that fits as a key or a token, which the label in logs does not.
    const secrets = Object.fromEntries(params.secretNames.map((name) => [name, `secret-${name}`]));
    const rendered = params.isStatic ? params.preview : params.render({ ...scopeOf(state), secrets });
    if (tool.params === undefined) return { tool, params: rendered };
    const parsed = tool.params.safeParse(rendered);
    if (parsed.success) return { tool, params: parsed.data };
    const issues = parsed.error.issues.map(({ path, message }) => `${path.map(String).join('.')}: ${message}`);
    return refuse('invalid_params', `The params do not fit: ${issues.join('; ')}`);
  } catch (thrown) {
    return thrown instanceof ExpressionError
      ? refuse('expression_failed', `The params have no value: ${thrown.message}`)
      : refuse('invalid_params', `The params could not be checked: ${messageOf(thrown)}`);
  }
}

function refuse(code: string, message: string): Failed {
  return { kind: 'threw', code, message, logs: [], fatal: true };
}

/** Calls a tool that touches nothing: what it returns follows from its params. */
function callPure(
  tool: AnyTool,
  params: unknown,
  { node, cursor, state }: { readonly node: CompiledNode; readonly cursor: Cursor; readonly state: RunState },
): Failed | Extract<CallOutcome, { kind: 'returned' }> {
  try {
    const value: unknown = tool.run(
      { input_data: state.inputData, data: state.data },
      {
        params,
        log: ignore,
        signal: new AbortController().signal,
        idempotencyKey: `${state.runId}/${cursor.step}`,
        runId: state.runId,
        node: node.name,
        attempt: cursor.attempt,
        emit: ignore,
        usage: ignore,
      },
    );
    return { kind: 'returned', value, logs: [] };
  } catch (thrown) {
    const { code, details } = readFailureKind(thrown, NO_MASK);
    return {
      kind: 'threw',
      code,
      message: messageOf(thrown),
      logs: [],
      ...definedOnly({ details }),
      ...retryHint(thrown),
    };
  }
}

function ignore(): void {
  // Nobody reads what an exploration does.
}

/** The patches that a call can return, as far as somebody has said; else those that the graph looks for. */
function answersOf(node: CompiledNode, tool: AnyTool, params: unknown, knowledge: Knowledge): readonly Option[] {
  const { hints, examples, keysOfUnknown } = knowledge;
  const recorded = (examples.get(node.name) ?? []).slice(0, MAX_EXAMPLES);
  const known = [...(tool.outcomes ?? []), ...recorded].map((value) => ({ value, isAssumed: false }));
  const shape = tool[ANSWER_SHAPE]?.(params, node.name);
  if (shape !== undefined) {
    const { key, schema } = shape;
    const values = valuesOf(schema, hints.data.fields.get(key) ?? NO_HINT);
    return [...known, ...values.map(({ value, isAssumed }) => ({ value: { [key]: value }, isAssumed }))];
  }
  if (known.length > 0) return known;
  return guessPatches(keysOfUnknown.get(node.name) ?? [], hints.data);
}

/** All keys that the graph looks for, then with another value of one of them, or without it. */
function guessPatches(keys: readonly string[], data: Hint): readonly Option[] {
  const fields = new Map(keys.map((key) => [key, data.fields.get(key) as Hint]));
  if (fields.size === 0) return [{ value: {}, isAssumed: true }];
  return guess({ ...NO_HINT, fields });
}

import type { Problem } from '../base/errors.js';
import type { Json, JsonObject } from '../base/json.js';
import { toPointer } from '../base/json.js';
import { metadataSchema } from '../base/run-options.js';
import type { Steps } from '../base/steps.js';
import { ExpressionError, type Scope } from '../expressions/expressions.js';
import { compileTemplate, type Template } from '../expressions/templates.js';
import type { HookDefinition, HookScheme } from './definition.js';

/** What a delivery has its hook do. */
export type HookOrder =
  | {
      readonly action: 'start';
      readonly graphId: string;
      readonly version: number | undefined;
      readonly input: Json;
      readonly metadata: Readonly<Record<string, string>>;
    }
  | { readonly action: 'signal'; readonly runId: string; readonly signal: string; readonly input: Json }
  | {
      readonly action: 'answer';
      readonly runId: string;
      readonly waitId: string | undefined;
      readonly input: Json;
    };

/** What comes of evaluating expressions: a value, or what is wrong with them for this delivery. */
type Evaluated<T> =
  | { readonly value: T; readonly problem?: undefined }
  | { readonly problem: Problem; readonly value?: undefined };

/** A hook, ready for deliveries. */
export interface CompiledHook {
  readonly definition: HookDefinition;
  /** The id of a delivery as JSON; null if each delivery counts. */
  identify(scope: Scope): Evaluated<Json>;
  /** What a delivery asks for. */
  order(scope: Scope): Evaluated<HookOrder>;
}

/** What deliveries are told apart by, if a hook does not say. */
const DEDUPE: Readonly<Record<HookScheme, string | null>> = {
  standard_webhooks: "${ headers['webhook-id'] }",
  github: "${ headers['x-github-delivery'] }",
  hmac_sha256: null,
  none: null,
};

/** Compiles the expressions of a hook. One with problems has no value for any delivery. */
export function* compileHook(definition: HookDefinition): Steps<{ hook: CompiledHook; problems: readonly Problem[] }> {
  const { input = '${ body }', run_id, wait_id, metadata, verify } = definition;
  const { dedupe = DEDUPE[verify.scheme] } = definition;
  const options = { secrets: false, delivery: true };
  const identity = yield* compileTemplate({ dedupe }, options);
  const texts = Object.fromEntries(Object.entries({ run_id, wait_id }).filter(([, text]) => text !== undefined));
  const document = { input: input as Json, metadata: metadata ?? {}, ...(texts as Record<string, string>) };
  const action = yield* compileTemplate(document, options);
  const hook: CompiledHook = {
    definition,
    identify: (scope) => identityIn(evaluate(identity.template, scope)),
    order: (scope) => {
      const { value, problem } = evaluate(action.template, scope);
      return value === undefined ? { problem } : orderIn(definition, value);
    },
  };
  return { hook, problems: [...identity.problems, ...action.problems] };
}

function evaluate(template: Template, scope: Scope): Evaluated<JsonObject> {
  try {
    return { value: template.render(scope) as JsonObject };
  } catch (thrown) {
    if (!(thrown instanceof ExpressionError)) throw thrown;
    const { reason, hint, pointer = '' } = thrown;
    return { problem: { pointer, code: 'invalid_expression', message: reason, ...(hint && { hint }) } };
  }
}

function identityIn({ value, problem }: Evaluated<JsonObject>): Evaluated<Json> {
  if (value === undefined) return { problem };
  const { dedupe } = value as { dedupe: Json };
  return { value: dedupe === '' ? null : dedupe };
}

function orderIn(definition: HookDefinition, value: JsonObject): Evaluated<HookOrder> {
  const { action, graph_id: graphId = '', version, signal = '' } = definition;
  const { input = null, run_id: runId = '', wait_id: waitId } = value;
  if (action === 'start') {
    const metadata = textsIn(value.metadata as JsonObject);
    const [issue] = metadataSchema.safeParse(metadata).error?.issues ?? [];
    if (issue === undefined) return { value: { action, graphId, version, input, metadata } };
    return misfit(toPointer(['metadata', ...issue.path]), issue.message);
  }
  if (typeof runId !== 'string') return misfit('/run_id', 'This must be a text: the id of a run.');
  if (action === 'signal') return { value: { action, runId, signal, input } };
  if (waitId !== undefined && typeof waitId !== 'string')
    return misfit('/wait_id', 'This must be a text: the id of a wait.');
  return { value: { action, runId, waitId, input } };
}

/** Metadata are texts. */
function textsIn(metadata: JsonObject): Record<string, string> {
  return Object.fromEntries(
    Object.entries(metadata).map(([key, value]) => [key, typeof value === 'string' ? value : JSON.stringify(value)]),
  );
}

function misfit(pointer: string, message: string): { problem: Problem } {
  return { problem: { pointer, code: 'invalid_type', message } };
}

import type { Json } from '../core/base/json.js';
import type { Usage } from '../core/base/usage.js';
import { ANSWER_SHAPE, type AnswerShape, type AnyTool, defineTool, MODEL_PARAM, SCHEMA_PARAMS } from '../core/tool/tool.js';
import { FatalError } from '../core/tool/tool-errors.js';
import { compileAnswerSchema, inWords } from './answer-schema.js';
import { type AllowList, parseAllowList } from './http/allow-list.js';
import { type Resolve, systemResolve } from './http/checked-addresses.js';
import { askModel } from './llm/ask-model.js';
import { contentOf, type ParsedReply, parseReply, readCompletion, usageOf } from './llm/completion.js';
import type { Ask } from './llm/endpoint.js';
import { LLM_ERRORS, type LlmErrorCode } from './llm/error-codes.js';
import { type Params, paramsSchema } from './llm/params.js';
import { resultPatch } from './result.js';

export interface LlmChatOptions {
  /** Where the API is: `/chat/completions` is added to it. It is the operator's choice, so any address is allowed. */
  readonly baseUrl: string;
  /** What `base_url` of the params can reach besides the public internet, as for http_request. */
  readonly allow: readonly string[];
  /** Finds the addresses of names. Default: the system's resolver. */
  readonly resolve?: Resolve;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/**
 * Makes the tool that asks a language model, at any endpoint that is compatible with OpenAI's chat completions.
 * @throws Error that names the entry of `allow` that cannot be read.
 */
export function llmChat({ baseUrl, allow, resolve = systemResolve, now }: LlmChatOptions): AnyTool {
  const allowList = parseAllowList(allow);
  let opened: Promise<Ask> | undefined;
  return defineTool<Params>({
    name: 'llm_chat',
    description:
      'Asks a language model and keeps { content, finish_reason, model, usage, tool_calls }. With a schema, content is JSON.',
    params: paramsSchema,
    secrets: true,
    errors: Object.keys(LLM_ERRORS),
    [SCHEMA_PARAMS]: ['schema'],
    [MODEL_PARAM]: 'model',
    [ANSWER_SHAPE]: shapeOfReply,
    async run(_state, context) {
      const { params, log } = context;
      const schema = params.schema === undefined ? undefined : compileAnswerSchema(params.schema);
      if (schema?.problems !== undefined)
        throw new FatalError(`The schema cannot be used. ${inWords(schema.problems)}`);
      opened ??= openEndpoint(baseUrl, allowList, resolve);
      const ask = await opened;
      let hasSent = false;
      const send = (text: string): void => {
        hasSent = true;
        context.emit(text);
      };
      const count = (answered: Pick<ParsedReply, 'answer'>): Usage | undefined => {
        const used = usageOf(answered, params.price);
        if (used !== undefined) context.usage(used);
        return used;
      };
      const listener = params.stream === true ? { onText: send, onLost: count } : undefined;
      const reply = await askModel((signal) => ask(params, signal, context.trace), context.signal, now, listener);
      const parsed = await parseReply(reply);
      // Counted before the answer is checked: one that is thrown away has cost the same.
      const usage = count(parsed);
      const choice = readCompletion(reply, parsed, log);
      // Some servers answer as a whole, whatever they are asked.
      if (params.stream === true && !hasSent && choice.content !== undefined) send(choice.content);
      const result: Json = {
        content: await contentOf(choice, schema, log),
        finish_reason: choice.finishReason,
        model: choice.model ?? params.model,
        ...(usage !== undefined && { usage: { ...usage } }),
        ...(choice.toolCalls.length > 0 && { tool_calls: choice.toolCalls }),
      };
      return resultPatch(params.save_as ?? context.node, result, 'llm_invalid_answer' satisfies LlmErrorCode);
    },
  });
}

/** What is kept of a reply, for who has to do without one. */
function shapeOfReply({ save_as, schema, model, tools }: Params, node: string): AnswerShape {
  // A model that asks for a tool says nothing.
  const text = { type: tools === undefined ? 'string' : ['string', 'null'] };
  return {
    key: save_as ?? node,
    schema: {
      type: 'object',
      properties: {
        content: (schema as Json | undefined) ?? text,
        finish_reason: { enum: ['stop', 'length'] },
        model: { const: model },
      },
      required: ['content', 'finish_reason', 'model'],
    },
  };
}

/** Loaded at the first call: undici takes 20 MB and 80 ms, and many servers never ask a model. */
async function openEndpoint(baseUrl: string, allowList: AllowList, resolve: Resolve): Promise<Ask> {
  const { openEndpoint: open } = await import('./llm/endpoint.js');
  return open(baseUrl, allowList, resolve);
}

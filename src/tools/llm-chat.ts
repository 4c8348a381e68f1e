import type { OpenAI } from 'openai';
import { z } from 'zod';
import { definedOnly } from '../core/base/defined-only.js';
import type { Json, JsonObject } from '../core/base/json.js';
import { type AnyTool, defineTool, SCHEMA_PARAMS } from '../core/tool/tool.js';
import { FatalError } from '../core/tool/tool-errors.js';
import { checkSchema, compileAnswerSchema, inWords } from './answer-schema.js';
import { complete, contentOf, readCompletion, usageOf } from './llm/completion.js';
import type { ClientOf } from './llm/endpoint.js';
import { resultPatch } from './result.js';
import { saveAsSchema } from './save-as.js';

const messageSchema = z.looseObject({
  role: z.enum(['system', 'developer', 'user', 'assistant']),
  content: z.union([z.string(), z.array(z.looseObject({ type: z.string() })).min(1)]),
});

const paramsSchema = z
  .strictObject({
    model: z.string().min(1).max(200),
    messages: z.array(messageSchema).min(1).optional().describe('The conversation so far.'),
    prompt: z.string().min(1).optional().describe('Short for one message of the user.'),
    schema: z
      .union([z.record(z.string(), z.unknown()), z.boolean()])
      .superRefine(checkSchema)
      .optional()
      .describe('JSON Schema (2020-12) of the answer, which is then parsed and checked.'),
    temperature: z.number().min(0).max(2).optional(),
    max_tokens: z.int().min(1).optional(),
    api_key: z
      .string()
      .regex(/^[\x21-\x7e]+$/, 'This is no key: it must be visible ASCII characters')
      .optional()
      .describe('Normally a secret. Without it none is sent.'),
    save_as: saveAsSchema,
  })
  .refine(({ messages, prompt }) => (messages === undefined) !== (prompt === undefined), {
    path: ['prompt'],
    message: 'There must be either messages or prompt',
  });

type Params = z.output<typeof paramsSchema>;

export interface LlmChatOptions {
  /** Where the API is: `/chat/completions` is added to it. It is the operator's choice, so any address is allowed. */
  readonly baseUrl: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Makes the tool that asks a language model, at any endpoint that is compatible with OpenAI's chat completions. */
export function llmChat({ baseUrl, now }: LlmChatOptions): AnyTool {
  let loaded: Promise<ClientOf> | undefined;
  return defineTool<Params>({
    name: 'llm_chat',
    description:
      'Asks a language model and keeps { content, finish_reason, model, usage }. With a schema, content is JSON.',
    params: paramsSchema,
    secrets: true,
    [SCHEMA_PARAMS]: ['schema'],
    async run(_state, context) {
      const { params } = context;
      const schema = params.schema === undefined ? undefined : compileAnswerSchema(params.schema);
      if (schema?.problems !== undefined)
        throw new FatalError(`The schema cannot be used. ${inWords(schema.problems)}`);
      loaded ??= loadEndpoint(baseUrl);
      const clientOf = await loaded;
      const client = clientOf(params.api_key);
      const answer = await complete(client, bodyOf(params), context.signal, now);
      // Counted before the answer is checked: one that is thrown away has cost the same.
      const usage = usageOf(answer);
      if (usage !== undefined) context.usage(usage);
      const completion = readCompletion(answer);
      const [choice] = completion.choices;
      const result: Json = {
        content: contentOf(completion, schema, context.log),
        finish_reason: choice?.finish_reason ?? null,
        model: completion.model ?? params.model,
        ...(usage !== undefined && { usage: { ...usage } }),
      };
      return resultPatch(params.save_as ?? context.node, result);
    },
  });
}

/** Loaded at the first call: the libraries take 30 MB and a tenth of a second, and many servers never ask a model. */
async function loadEndpoint(baseUrl: string): Promise<ClientOf> {
  const { endpoint } = await import('./llm/endpoint.js');
  return endpoint(baseUrl);
}

function bodyOf(params: Params): OpenAI.ChatCompletionCreateParamsNonStreaming {
  const { model, prompt, schema, temperature, max_tokens } = params;
  const messages = params.messages ?? [{ role: 'user', content: prompt }];
  return {
    model,
    messages: messages as OpenAI.ChatCompletionMessageParam[],
    ...definedOnly({ temperature, max_tokens, response_format: schema === undefined ? undefined : formatOf(schema) }),
  };
}

function formatOf(schema: object | boolean): OpenAI.ResponseFormatJSONSchema {
  return { type: 'json_schema', json_schema: { name: 'answer', schema: schema as JsonObject } };
}

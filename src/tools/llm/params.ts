import { z } from 'zod';
import { checkSchema } from '../answer-schema.js';
import { headersSchema, urlSchema } from '../http/param-schemas.js';
import { saveAsSchema } from '../save-as.js';

/** Dollars for a million tokens. */
const MAX_PRICE = 1_000_000;

/** Sampling and the like go to the server as they are; it says what it does not take. */
const settingsShape = {
  tools: z
    .array(
      z
        .looseObject({
          type: z.string().min(1).max(100),
          function: z.looseObject({ name: z.string().min(1).max(200) }).optional(),
        })
        .refine((tool) => tool.type !== 'function' || tool.function !== undefined, {
          path: ['function'],
          message: 'A tool of the type function has a function with a name',
        }),
    )
    .min(1)
    .max(1000)
    .optional()
    .describe('Functions that the model can ask for. tool_calls of the result says which it wants.'),
  tool_choice: z
    .union([z.string().min(1).max(100), z.looseObject({ type: z.string() })])
    .optional()
    .describe('none, auto, required, or one of the tools.'),
  temperature: z.number().min(0).max(2).optional(),
  top_p: z.number().min(0).max(1).optional(),
  max_tokens: z.int().min(1).optional(),
  max_completion_tokens: z.int().min(1).optional().describe('What newer models take in place of max_tokens.'),
  stop: z.union([z.string().min(1), z.array(z.string().min(1)).min(1).max(100)]).optional(),
  seed: z.int().optional(),
  reasoning_effort: z.string().min(1).max(100).optional().describe('Such as low, medium and high.'),
};

/** The names of params that are fields of the request too. */
export const SETTINGS = Object.keys(settingsShape) as readonly (keyof typeof settingsShape)[];

const messageSchema = z
  .looseObject({
    role: z.enum(['system', 'developer', 'user', 'assistant', 'tool']),
    content: z.union([z.string(), z.array(z.looseObject({ type: z.string() })).min(1), z.null()]).optional(),
    tool_calls: z.array(z.looseObject({})).optional(),
    tool_call_id: z.string().min(1).optional(),
  })
  .superRefine(checkMessage);

export type Message = z.output<typeof messageSchema>;

export const paramsSchema = z
  .strictObject({
    model: z.string().min(1).max(200),
    messages: z.array(messageSchema).min(1).optional().describe('The conversation so far.'),
    prompt: z.string().min(1).optional().describe('Short for one message of the user.'),
    schema: z
      .union([z.record(z.string(), z.unknown()), z.boolean()])
      .superRefine(checkSchema)
      .optional()
      .describe('JSON Schema (2020-12) of the answer, which is then parsed and checked.'),
    schema_mode: z
      .enum(['json_schema', 'json_object', 'prompt'])
      .optional()
      .describe(
        'How the model learns of the schema: from response_format (json_schema, the default), or from the prompt, with response_format json_object or without one.',
      ),
    strict: z.boolean().optional().describe('Sent with the schema: the server then keeps the model to it.'),
    ...settingsShape,
    stream: z
      .boolean()
      .optional()
      .describe('Sends the text of the answer to the event streams of the run as it comes. What is kept is the same.'),
    extra: z
      .record(z.string(), z.unknown())
      .superRefine(checkExtra)
      .optional()
      .describe('More fields of the request, for what has no param here.'),
    headers: headersSchema.superRefine(checkHeaders).optional(),
    base_url: urlSchema
      .optional()
      .describe('Another API than that of LLM_BASE_URL. Addresses outside the public internet need HTTP_ALLOW.'),
    api_key: z
      .string()
      .regex(/^[\x21-\x7e]+$/, 'This is no key: it must be visible ASCII characters')
      .optional()
      .describe('Normally a secret. Without it none is sent.'),
    price: z
      .strictObject({
        input_per_million: z.number().min(0).max(MAX_PRICE),
        output_per_million: z.number().min(0).max(MAX_PRICE),
      })
      .optional()
      .describe('US dollars for a million tokens, for max_cost_usd of the run. What a call cost counts as usage.'),
    save_as: saveAsSchema,
  })
  .superRefine(checkTogether);

export type Params = z.output<typeof paramsSchema>;

function checkMessage(message: z.output<typeof messageSchema>, context: z.core.$RefinementCtx): void {
  const add = (path: string, text: string) => context.addIssue({ code: 'custom', path: [path], message: text });
  const { role, content, tool_calls = [], tool_call_id } = message;
  if (content === undefined || content === null) {
    const isCall = role === 'assistant' && tool_calls.length > 0;
    if (!isCall) add('content', 'There must be content; only a message of the assistant with tool_calls has none');
  }
  if (role === 'tool' && tool_call_id === undefined) {
    add('tool_call_id', 'A message of a tool has the id of the call that it answers');
  }
}

type AddIssue = (path: readonly string[], message: string) => void;

function checkTogether(params: Params, context: z.core.$RefinementCtx<Params>): void {
  const add: AddIssue = (path, message) => context.addIssue({ code: 'custom', path: [...path], message });
  if ((params.messages === undefined) === (params.prompt === undefined)) {
    add(['prompt'], 'There must be either messages or prompt');
  }
  if (params.schema === undefined && params.schema_mode !== undefined) add(['schema_mode'], 'There is no schema');
  if (params.strict !== undefined && !sendsSchema(params)) {
    add(['strict'], 'This goes with a schema, and with no schema_mode but json_schema');
  }
  if (params.tool_choice !== undefined && params.tools === undefined) add(['tool_choice'], 'There are no tools');
  checkPairs(params, add);
}

/** The schema goes to the server in `response_format`. */
function sendsSchema({ schema, schema_mode = 'json_schema' }: Params): boolean {
  return schema !== undefined && schema_mode === 'json_schema';
}

function checkPairs({ extra = {}, headers = {}, schema, schema_mode, api_key }: Params, add: AddIssue): void {
  if ('response_format' in extra && schema !== undefined && schema_mode !== 'prompt') {
    add(['extra', 'response_format'], 'schema makes this field; with schema_mode prompt it can be set');
  }
  const authorization = Object.keys(headers).find((name) => name.toLowerCase() === 'authorization');
  if (authorization !== undefined && api_key !== undefined) {
    add(['headers', authorization], 'api_key makes this header');
  }
}

/** Fields that would change what the answer is. */
const FIXED_FIELDS: ReadonlyMap<string, string> = new Map([
  ['stream_options', 'stream makes this field, so it cannot be set'],
  ['n', 'One answer is read, so this cannot be set'],
]);

/** A field that was set twice would get lost without a word. */
function checkExtra(extra: Readonly<Record<string, unknown>>, context: z.core.$RefinementCtx): void {
  const params = ['model', 'messages', 'stream', ...SETTINGS];
  for (const name of Object.keys(extra)) {
    const message = params.includes(name) ? `${name} is a param of llm_chat` : FIXED_FIELDS.get(name);
    if (message !== undefined) context.addIssue({ code: 'custom', path: [name], message });
  }
}

function checkHeaders(headers: Readonly<Record<string, unknown>>, context: z.core.$RefinementCtx): void {
  const [name] = Object.keys(headers).filter((each) => each.toLowerCase() === 'content-type');
  if (name !== undefined) {
    context.addIssue({ code: 'custom', path: [name], message: 'The request is JSON, so this header cannot be set' });
  }
}

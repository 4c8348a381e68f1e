import { assertNever } from '../../core/base/assert-never.js';
import { definedOnly } from '../../core/base/defined-only.js';
import { type Message, type Params, SETTINGS } from './params.js';

/** The body of a request for a chat completion. */
export function buildBody(params: Params): Record<string, unknown> {
  const { model, prompt, extra, stream } = params;
  const messages = params.messages ?? [{ role: 'user', content: prompt }];
  const settings = definedOnly(Object.fromEntries(SETTINGS.map((name) => [name, params[name]])));
  const streamed = stream === true ? { stream, stream_options: { include_usage: true } } : {};
  const fields = schemaFields(params, messages as readonly Message[]);
  return { ...extra, model, ...settings, ...streamed, messages, ...fields };
}

/** What tells the model of the schema. */
function schemaFields(
  { schema, schema_mode = 'json_schema', strict }: Params,
  messages: readonly Message[],
): { response_format?: object; messages?: readonly Message[] } {
  if (schema === undefined) return {};
  switch (schema_mode) {
    case 'json_schema':
      return {
        response_format: { type: 'json_schema', json_schema: { name: 'answer', ...definedOnly({ strict }), schema } },
      };
    case 'json_object':
      return { response_format: { type: 'json_object' }, messages: addInstruction(messages, schema) };
    case 'prompt':
      return { messages: addInstruction(messages, schema) };
    default:
      return assertNever(schema_mode);
  }
}

/** Many chat templates take one message of the system, at the beginning, so a second one is never made. */
function addInstruction(messages: readonly Message[], schema: object | boolean): readonly Message[] {
  const text = `Answer with JSON and nothing else. It must fit this JSON Schema:\n${JSON.stringify(schema)}`;
  const [first, ...others] = messages;
  if (first === undefined || !(first.role === 'system' || first.role === 'developer')) {
    return [{ role: 'system', content: text }, ...messages];
  }
  const content = Array.isArray(first.content)
    ? [...first.content, { type: 'text', text }]
    : `${first.content ?? ''}\n\n${text}`;
  return [{ ...first, content }, ...others];
}

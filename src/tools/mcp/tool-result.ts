import type { CallToolResult } from '@modelcontextprotocol/client';
import type { Json } from '../../core/base/json.js';
import { shortened } from '../result.js';

const MAX_ERROR_CHARACTERS = 2000;

/**
 * The result of a call: the structured content if there is some, else the text, else the list of contents.
 * @throws Error with the text, if the tool says that it failed.
 */
export function resultOf(answer: CallToolResult): Json {
  const { content = [], structuredContent, isError } = answer;
  const texts = content.flatMap((part) => (part.type === 'text' ? [part.text] : []));
  const text = texts.join('\n');
  if (isError === true)
    throw new Error(shortened(text, MAX_ERROR_CHARACTERS) || 'The tool failed and did not say why.');
  if (structuredContent !== undefined) return structuredContent as Json;
  return texts.length === content.length ? text : (content as unknown as Json);
}

import type { CallToolResult } from '@modelcontextprotocol/client';
import { findInfinities, type Json } from '../../core/base/json.js';
import { FatalError } from '../../core/tool/tool-errors.js';
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
  const result = structuredContent ?? (texts.length === content.length ? text : content);
  const [overflow] = findInfinities(result, 1);
  if (overflow === undefined) return result as Json;
  throw new FatalError(`The result holds a number at ${overflow} that is too large: numbers go up to 1.7e308.`);
}

import { type Check, Form, hasFields, isFlag, isListOf, isText, optional } from '../base/form.js';
import type { Json } from '../base/json.js';
import { AT_ONCE_LENGTH, parseLargeJson } from '../base/json-parse.js';
import type { Steps } from '../base/steps.js';
import { checkForm, parseStored, UnreadableError } from '../base/stored.js';
import type { GraphDefinition } from './definition.js';

// Stored definitions have passed the schema, so what is looked for is damage, not mistakes: the names that link nodes.
type Text = Readonly<Record<string, string>>;

function isListWith(...names: readonly string[]): Check<readonly Text[]> {
  return isListOf(hasFields<Text>(Object.fromEntries(names.map((name) => [name, isText]))));
}

const FORM = new Form<Record<string, unknown>>({
  name: isText,
  description: optional(isText),
  expose_as_tool: optional(isFlag),
  entry_point: isText,
  nodes: isListWith('name', 'tool_name'),
  edges: optional(isListWith('from_node', 'to_node')),
  conditional_edges: optional(isListWith('from_node')),
  parallel_edges: optional(isListWith('from_node', 'join_node')),
  for_each_edges: optional(isListWith('from_node', 'to_node', 'join_node', 'collect_as', 'items')),
});

/** Reads a stored graph definition back. @throws UnreadableError if it is not JSON, or has another form */
export function readDefinition(stored: string): GraphDefinition {
  return parseStored(stored, FORM) as unknown as GraphDefinition;
}

/**
 * Reads a stored graph definition back in steps: the largest takes 70 ms.
 * @param isJson whether it is JSON, which reading in steps does not find out of large text
 * @throws UnreadableError if it is not JSON, or has another form
 */
export function* readDefinitionInSteps(stored: string, isJson: boolean): Steps<GraphDefinition> {
  if (stored.length <= AT_ONCE_LENGTH) return readDefinition(stored);
  if (!isJson) throw new UnreadableError('is not JSON');
  return checkForm(yield* parseSteps(stored), FORM) as unknown as GraphDefinition;
}

/** Text that somebody has edited in the file can be JSON, and still not as it was stored. */
function* parseSteps(stored: string): Steps<Json> {
  try {
    return yield* parseLargeJson(stored);
  } catch (thrown) {
    throw new UnreadableError('is not JSON as it was stored', thrown);
  }
}

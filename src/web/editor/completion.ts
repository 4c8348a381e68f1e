import type { Completion, CompletionContext, CompletionResult } from '@codemirror/autocomplete';
import { ensureSyntaxTree, syntaxTree } from '@codemirror/language';
import type { EditorState } from '@codemirror/state';
import type { SyntaxNode } from '@lezer/common';
import { nodeNames, type Path, pathTo, textOf, valueAt, valueIn } from './places.js';
import { type JsonSchema, keysOf, schemasAt, wordsOfSchema } from './schema.js';

/** What can be written in a graph on this server. */
export interface Vocabulary {
  readonly schema: JsonSchema;
  readonly tools: readonly { name: string; description: string; params: JsonSchema | null }[];
  readonly conditions: readonly { name: string; description: string; outcomes: readonly string[] | null }[];
}

const INSIDE = /^[^"\n]*$/;
const READ_MS = 100;
const NODE_KEYS = new Set(['entry_point', 'from_node', 'to_node', 'to_nodes', 'join_node', 'otherwise', 'routes']);

/** What can be written where the cursor is: keys, names and values. A text that is not closed yet is closed with it. */
export function completeGraph({ state, pos }: CompletionContext, vocabulary: Vocabulary): CompletionResult | null {
  const found = offersAt(state, pos, vocabulary);
  if (found !== undefined) return found;
  const closed = state.update({ changes: { from: pos, insert: '"' } }).state;
  const { from, options } = offersAt(closed, pos, vocabulary) ?? {};
  if (from === undefined || options === undefined) return null;
  const closing = options.map((option) => ({ ...option, apply: `${option.label}"` }));
  return { from, options: closing, validFor: INSIDE };
}

function offersAt(state: EditorState, pos: number, vocabulary: Vocabulary): CompletionResult | undefined {
  const node = (ensureSyntaxTree(state, pos + 1, READ_MS) ?? syntaxTree(state)).resolveInner(pos, -1);
  const isKey = node.name === 'PropertyName';
  if ((!isKey && node.name !== 'String') || pos <= node.from || pos >= node.to) return undefined;
  const options = isKey ? keys(state, node, vocabulary) : values(state, node, vocabulary);
  return { from: node.from + 1, to: node.to - 1, options, validFor: INSIDE };
}

function keys(state: EditorState, name: SyntaxNode, vocabulary: Vocabulary): Completion[] {
  const object = name.parent?.parent;
  if (object == null) return [];
  const path = pathTo(state, object);
  if (path[0] === 'conditional_edges' && path[2] === 'routes') return outcomes(state, path, vocabulary);
  return keysOf(schemasFor(state, path, vocabulary)).map(([label, { description }]) => ({
    label,
    type: 'property',
    ...(description === undefined ? {} : { info: description }),
  }));
}

function values(state: EditorState, value: SyntaxNode, vocabulary: Vocabulary): Completion[] {
  const path = pathTo(state, value);
  const key = path.findLast((part) => typeof part === 'string');
  const around = path.at(-2);
  if (path[0] === 'nodes' && path[2] === 'tool_name') return named(vocabulary.tools);
  if (key === 'condition_function') return named(vocabulary.conditions);
  if (path[0] !== 'nodes' && (NODE_KEYS.has(String(key)) || around === 'routes'))
    return [...nodeNames(state), 'END'].map((label) => ({ label, type: 'variable' }));
  return wordsOfSchema(schemasFor(state, path, vocabulary)).map((label) => ({ label, type: 'enum' }));
}

function named(all: readonly { name: string; description: string }[]): Completion[] {
  return all.map(({ name, description }) => ({ label: name, type: 'function', info: description }));
}

/** The schemas of a place: those of the params of a tool come from the tool. */
function schemasFor(state: EditorState, path: Path, { schema, tools }: Vocabulary): JsonSchema[] {
  if (path[0] !== 'nodes' || path[2] !== 'params') return schemasAt(schema, path);
  const tool = tools.find(({ name }) => name === siblingText(state, path.slice(0, 2), 'tool_name'));
  return tool?.params == null ? [] : schemasAt(tool.params, path.slice(3));
}

function outcomes(state: EditorState, path: Path, { conditions }: Vocabulary): Completion[] {
  const name = siblingText(state, path.slice(0, 2), 'condition_function');
  const found = conditions.find((condition) => condition.name === name)?.outcomes ?? [];
  return found.map((label) => ({ label, type: 'enum' }));
}

function siblingText(state: EditorState, path: Path, key: string): string | undefined {
  const object = valueAt(state, path);
  const value = object === undefined ? undefined : valueIn(state, object, key);
  return value === undefined ? undefined : textOf(state, value);
}

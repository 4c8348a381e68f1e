import { readFileSync } from 'node:fs';
import { CompletionContext } from '@codemirror/autocomplete';
import { json } from '@codemirror/lang-json';
import { ensureSyntaxTree } from '@codemirror/language';
import { EditorState } from '@codemirror/state';
import { expect, it } from 'vitest';
import { completeGraph, type Vocabulary } from '../../src/web/editor/completion.js';
import type { JsonSchema } from '../../src/web/editor/schema.js';

const SCHEMA = JSON.parse(readFileSync(new URL('../../schemas/graph.json', import.meta.url), 'utf8')) as JsonSchema;

const VOCABULARY: Vocabulary = {
  schema: SCHEMA,
  tools: [{ name: 'talk', description: 'Talks.', params: { properties: { words: { enum: ['soft', 'loud'] } } } }],
  conditions: [{ name: 'judge', description: 'Judges.', outcomes: ['good', 'bad'] }],
};

/** What is offered where the text has a `|`. */
function offered(text: string): string[] | undefined {
  const pos = text.indexOf('|');
  const state = EditorState.create({ doc: text.replace('|', ''), extensions: json() });
  ensureSyntaxTree(state, state.doc.length);
  const found = completeGraph(new CompletionContext(state, pos, true), VOCABULARY);
  return found?.options.map(({ label }) => label);
}

it.each([
  ['{ "nodes": [{ "name": "a", "tool_name": "t|"', ['talk']],
  ['{ "nodes": [{ "name": "a", "tool_name": "t|', ['talk']],
  ['{ "nodes": [{ "tool_name": "t|" }] }', ['talk']],
  ['{ "nodes": [{ "tool_name": "talk", "params": { "w|": 1 } }] }', ['words']],
  ['{ "nodes": [{ "tool_name": "talk", "params": { "words": "|" } }] }', ['soft', 'loud']],
  ['{ "nodes": [{ "name": "a" }, { "name": "b" }], "edges": [{ "from_node": "|" }] }', ['a', 'b', 'END']],
  ['{ "nodes": [{ "name": "a" }], "parallel_edges": [{ "to_nodes": ["|"] }] }', ['a', 'END']],
  ['{ "conditional_edges": [{ "condition_function": "|" }] }', ['judge']],
  ['{ "conditional_edges": [{ "condition_function": "judge", "routes": { "|": "a" } }] }', ['good', 'bad']],
  ['{ "edges": [{ "|": "" }] }', ['from_node', 'to_node']],
])('offers in %s', (text, labels) => {
  expect(offered(text)).toEqual(labels);
});

it('offers nothing outside of texts', () => {
  expect(offered('{ "nodes": 1| }')).toBeUndefined();
});

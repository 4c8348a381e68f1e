import { ensureSyntaxTree, syntaxTree } from '@codemirror/language';
import type { EditorState } from '@codemirror/state';
import type { SyntaxNode, Tree } from '@lezer/common';

/** Where things are in a JSON text, also while it is being written. */

export type Path = readonly (string | number)[];

const READ_MS = 200;

/** The values in an array, or of the properties of an object. */
function valuesIn(node: SyntaxNode): SyntaxNode[] {
  const values: SyntaxNode[] = [];
  for (let child = node.firstChild; child !== null; child = child.nextSibling)
    if (/^(Object|Array|String|Number|True|False|Null)$/.test(child.name)) values.push(child);
  return values;
}

/** The text of a string or a property name, without its quotes. */
export function textOf(state: EditorState, node: SyntaxNode): string {
  return state.sliceDoc(node.from, node.to).replace(/^"|"$/g, '');
}

function keyOf(state: EditorState, property: SyntaxNode): string {
  const name = property.getChild('PropertyName');
  return name === null ? '' : textOf(state, name);
}

/** The path to a value. */
export function pathTo(state: EditorState, value: SyntaxNode): Path {
  const path: (string | number)[] = [];
  for (let node: SyntaxNode | null = value; node !== null; node = node.parent) {
    const { from, to, parent } = node;
    if (node.name === 'Property') path.unshift(keyOf(state, node));
    else if (parent?.name === 'Array')
      path.unshift(valuesIn(parent).findIndex((each) => each.from === from && each.to === to));
  }
  return path;
}

/** A property's value in an object. */
export function valueIn(state: EditorState, object: SyntaxNode, key: string): SyntaxNode | undefined {
  for (const property of object.getChildren('Property'))
    if (keyOf(state, property) === key) return valuesIn(property)[0];
  return undefined;
}

function treeOf(state: EditorState): Tree {
  return ensureSyntaxTree(state, state.doc.length, READ_MS) ?? syntaxTree(state);
}

/** The value at a path, or the one around it that is there. */
export function valueAt(state: EditorState, path: Path): SyntaxNode | undefined {
  let node = valuesIn(treeOf(state).topNode)[0];
  for (const part of path) {
    if (node === undefined) break;
    const next: SyntaxNode | undefined =
      node.name === 'Array' ? valuesIn(node)[Number(part)] : valueIn(state, node, String(part));
    if (next === undefined) break;
    node = next;
  }
  return node;
}

/** The parts of a JSON pointer. */
export function partsOf(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** The names of all nodes in the text. */
export function nodeNames(state: EditorState): string[] {
  const nodes = valueAt(state, ['nodes']);
  if (nodes?.name !== 'Array') return [];
  return valuesIn(nodes).flatMap((node) => {
    const name = valueIn(state, node, 'name');
    return name === undefined ? [] : [textOf(state, name)];
  });
}

import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands';
import { json, jsonParseLinter } from '@codemirror/lang-json';
import { bracketMatching, HighlightStyle, indentOnInput, syntaxHighlighting } from '@codemirror/language';
import { type Diagnostic, lintGutter, lintKeymap, setDiagnostics } from '@codemirror/lint';
import { MergeView } from '@codemirror/merge';
import { highlightSelectionMatches, search, searchKeymap } from '@codemirror/search';
import { EditorState, type Extension } from '@codemirror/state';
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { completeGraph, type Vocabulary } from './editor/completion.js';
import { partsOf, valueAt } from './editor/places.js';

/** The editor of graphs. A bundle of its own, loaded when somebody writes: it is larger than the rest of the page. */

/** Something to say about a place in the text. */
export interface Mark {
  readonly pointer: string;
  readonly severity: 'error' | 'warning';
  readonly message: string;
}

export interface GraphEditor {
  setText(text: string): void;
  /** Marks places; a text that is no JSON is marked where it breaks off. */
  mark(marks: readonly Mark[]): void;
  goTo(pointer: string): void;
  close(): void;
}

const theme = EditorView.theme({
  '&': {
    height: 'var(--editor-height, auto)',
    color: 'var(--text)',
    backgroundColor: 'var(--surface)',
    border: '1px solid var(--soft)',
    borderRadius: '6px',
  },
  '&.cm-focused': { outline: '3px solid var(--accent)', outlineOffset: '1px' },
  '.cm-scroller': { fontFamily: 'var(--mono)', fontSize: '13px', lineHeight: '1.5' },
  '.cm-content': { caretColor: 'var(--text)' },
  '.cm-cursor': { borderLeftColor: 'var(--text)' },
  '.cm-gutters': { backgroundColor: 'var(--sunk)', color: 'var(--soft)', border: '0' },
  '.cm-activeLine': { backgroundColor: 'color-mix(in srgb, var(--accent) 7%, transparent)' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': {
    background: 'color-mix(in srgb, var(--accent) 28%, transparent)',
  },
  '.cm-tooltip, .cm-panels': {
    backgroundColor: 'var(--surface)',
    color: 'var(--text)',
    border: '1px solid var(--line)',
  },
  '.cm-tooltip-autocomplete ul li[aria-selected]': { background: 'var(--accent)', color: 'var(--accent-text)' },
  // The policy of the page allows no pictures in style sheets: signs and lines in their place.
  '.cm-lint-marker-error': { content: '"✕"', color: 'var(--bad)' },
  '.cm-lint-marker-warning': { content: '"!"', color: 'var(--wait)' },
  '.cm-lintRange-error, .cm-lintRange-warning': { backgroundImage: 'none', textDecoration: 'underline wavy' },
  '.cm-lintRange-error': { textDecorationColor: 'var(--bad)' },
  '.cm-lintRange-warning': { textDecorationColor: 'var(--wait)' },
  '.cm-changedLine': { backgroundColor: 'color-mix(in srgb, var(--accent) 10%, transparent)' },
});

const colours = HighlightStyle.define([
  { tag: tags.propertyName, color: 'var(--accent)' },
  { tag: tags.string, color: 'var(--good)' },
  { tag: [tags.number, tags.bool, tags.null], color: 'var(--wait)' },
]);

const SHOWN: Extension = [json(), theme, syntaxHighlighting(colours), lineNumbers(), EditorView.lineWrapping];

/** In a shadow root the styles of the editor are constructed sheets, which the policy of the page allows. */
function rootIn(parent: HTMLElement): ShadowRoot {
  return parent.shadowRoot ?? parent.attachShadow({ mode: 'open' });
}

/** Opens an editor in an element. Escape and then Tab leaves it. */
export function openEditor(
  parent: HTMLElement,
  options: { text: string; label: string; vocabulary: Vocabulary; onText(text: string): void },
): GraphEditor {
  const view = new EditorView({
    parent: rootIn(parent),
    root: rootIn(parent),
    doc: options.text,
    extensions: [
      SHOWN,
      history(),
      drawSelection(),
      indentOnInput(),
      bracketMatching(),
      closeBrackets(),
      highlightActiveLine(),
      highlightSelectionMatches(),
      search({ top: true }),
      lintGutter(),
      autocompletion({ override: [(context) => completeGraph(context, options.vocabulary)] }),
      keymap.of([
        ...closeBracketsKeymap,
        ...completionKeymap,
        ...searchKeymap,
        ...historyKeymap,
        ...lintKeymap,
        ...defaultKeymap,
        indentWithTab,
      ]),
      // By its own: what is editable takes the focus, but is not counted where something scrolls.
      EditorView.contentAttributes.of({ 'aria-label': options.label, tabindex: '0' }),
      EditorView.updateListener.of((update) => {
        if (update.docChanged) options.onText(update.state.doc.toString());
      }),
    ],
  });
  return {
    setText: (text) => view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } }),
    mark: (marks) => {
      const broken = jsonParseLinter()(view);
      const found = broken.length > 0 ? broken : marks.map((mark) => diagnosticOf(view.state, mark));
      view.dispatch(setDiagnostics(view.state, found));
    },
    goTo: (pointer) => {
      const { from } = rangeOf(view.state, pointer);
      view.dispatch({ selection: { anchor: from }, effects: EditorView.scrollIntoView(from, { y: 'center' }) });
      view.focus();
    },
    close: () => view.destroy(),
  };
}

function diagnosticOf(state: EditorState, { pointer, severity, message }: Mark): Diagnostic {
  return { ...rangeOf(state, pointer), severity, message };
}

/** The place of a pointer, on its first line. */
function rangeOf(state: EditorState, pointer: string): { from: number; to: number } {
  const value = valueAt(state, partsOf(pointer));
  if (value === undefined) return { from: 0, to: 0 };
  return { from: value.from, to: Math.min(value.to, state.doc.lineAt(value.from).to) };
}

/** Shows two texts beside each other, and how they differ. */
export function openDifference(
  parent: HTMLElement,
  [before, after]: readonly [string, string],
  [nameBefore, nameAfter]: readonly [string, string],
): { close(): void } {
  const side = (doc: string, name: string) => ({
    doc,
    extensions: [
      SHOWN,
      EditorState.readOnly.of(true),
      EditorView.contentAttributes.of({ 'aria-label': name, 'aria-readonly': 'true' }),
    ],
  });
  const view = new MergeView({
    parent: rootIn(parent),
    root: rootIn(parent),
    a: side(before, nameBefore),
    b: side(after, nameAfter),
    collapseUnchanged: { margin: 3, minSize: 6 },
  });
  return { close: () => view.destroy() };
}

import { useEffect, useRef } from 'preact/hooks';
import { getJson } from '../api.js';
import type { GraphEditor } from '../graph-editor.js';
import { useLoaded } from '../hooks.js';
import { loadGraphEditor } from '../load-graph-editor.js';
import { Failure } from '../parts.js';
import type { ConditionList, ToolList } from '../wire-types.js';
import type { JsonSchema } from './schema.js';

interface TextEditorProps {
  /** What it begins with. Later changes come through the editor. */
  readonly text: string;
  readonly onEditor: (editor: GraphEditor | undefined) => void;
  readonly onText: (text: string) => void;
}

/** The editor of the definition, loaded with what this server has to complete. */
export function TextEditor({ text, onEditor, onText }: TextEditorProps) {
  const host = useRef<HTMLDivElement>(null);
  const changed = useRef(onText);
  changed.current = onText;
  const { value, error } = useLoaded(async (signal) => {
    const [{ openEditor }, schema, { tools }, { conditions }] = await Promise.all([
      loadGraphEditor(),
      getJson<JsonSchema>('schemas/graph.json', signal),
      getJson<ToolList>('graph/tools', signal),
      getJson<ConditionList>('graph/conditions', signal),
    ]);
    return { openEditor, vocabulary: { schema, tools, conditions } };
  }, []);
  useEffect(() => {
    if (value === undefined || host.current === null) return;
    const editor = value.openEditor(host.current, {
      text,
      label: 'Definition – as JSON',
      vocabulary: value.vocabulary,
      onText: (next) => changed.current(next),
    });
    onEditor(editor);
    return () => {
      onEditor(undefined);
      editor.close();
    };
  }, [value]);
  return (
    <>
      <div class="editor" ref={host} />
      {value === undefined && error === undefined ? <p class="quiet">Loading the editor…</p> : null}
      <Failure message={error} />
      <p class="help">
        Change it here, paste another one, or choose a file. Control+Space completes. Escape, then Tab leaves the
        editor. Runs in progress keep their version.
      </p>
    </>
  );
}

import { useEffect, useRef } from 'preact/hooks';
import { useLoaded } from '../hooks.js';
import { loadGraphEditor } from '../load-graph-editor.js';
import { Failure } from '../parts.js';

interface Side {
  readonly name: string;
  readonly text: string;
}

/** Two texts beside each other, and how they differ. */
export function TextDifference({ before, after }: { before: Side; after: Side }) {
  const host = useRef<HTMLDivElement>(null);
  const { value: editor, error } = useLoaded(loadGraphEditor, []);
  useEffect(() => {
    if (editor === undefined || host.current === null) return;
    const texts = [before.text, after.text] as const;
    const view = editor.openDifference(host.current, texts, [before.name, after.name]);
    return () => view.close();
  }, [editor, before.text, after.text, before.name, after.name]);
  return (
    <section aria-label="Difference">
      <p class="quiet">
        Left: {before.name}. Right: {after.name}.{before.text === after.text ? ' They are the same.' : ''}
      </p>
      <div class="editor-difference" ref={host} />
      <Failure message={error} />
    </section>
  );
}

import { useRef, useState } from 'preact/hooks';
import { post, put } from '../api.js';
import { pretty } from '../format.js';
import { useAction, useLoaded, useSettled } from '../hooks.js';
import { Failure } from '../parts.js';
import type { Graph, GraphWarning, ProblemItem, SavedGraph, Verdict } from '../wire-types.js';
import { Backtester } from './backtest.js';
import { Explorer } from './explore.js';
import { readGraphText } from './graph-text.js';

/** While somebody types, the text is checked once they pause for this long. */
const PAUSE_MS = 400;

/** The next version of a graph: checked as it is written, tried on past runs, and then saved. */
export function NewVersion({ graph, onSaved }: { graph: Graph; onSaved: () => void }) {
  const [open, setOpen] = useState(false);
  const [message, setMessage] = useState<string>();
  const saved = (words: string): void => {
    setMessage(words);
    onSaved();
  };
  return (
    <details class="panel" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>New version</summary>
      {message === undefined ? null : <p role="status">✓ {message}</p>}
      {open ? <Editor key={graph.version} graph={graph} onSaved={saved} /> : null}
    </details>
  );
}

function Editor({ graph, onSaved }: { graph: Graph; onSaved: (message: string) => void }) {
  const [text, setText] = useState(() => pretty(graph.definition));
  const read = readGraphText(text, graph.graph_id);
  return (
    <form class="form" onSubmit={(event) => event.preventDefault()}>
      <div class="field">
        <label for="new-version">Definition – as JSON</label>
        <textarea
          id="new-version"
          rows={14}
          spellcheck={false}
          value={text}
          aria-describedby="new-version-help"
          onInput={(event) => setText(event.currentTarget.value)}
        />
        <p class="help" id="new-version-help">
          Change it here, paste another one, or choose a file. Runs in progress keep their version.
        </p>
      </div>
      <ChooseFile onText={setText} />
      {'problem' in read ? (
        <Failure message={read.problem} />
      ) : (
        <Candidate graph={graph} text={text} document={read.document} onSaved={onSaved} />
      )}
    </form>
  );
}

function ChooseFile({ onText }: { onText: (text: string) => void }) {
  const input = useRef<HTMLInputElement>(null);
  const choose = useAction(async () => {
    const file = input.current?.files?.[0];
    if (file !== undefined) onText(await file.text());
    // The same file can be chosen again once it was changed.
    if (input.current !== null) input.current.value = '';
  });
  return (
    <>
      <input ref={input} type="file" accept=".json,application/json" hidden onChange={choose.run} />
      <div class="buttons">
        <button type="button" onClick={() => input.current?.click()}>
          Choose a file
        </button>
      </div>
      <Failure message={choose.error} />
    </>
  );
}

interface CandidateProps {
  readonly graph: Graph;
  readonly text: string;
  readonly document: unknown;
  readonly onSaved: (message: string) => void;
}

function Candidate({ graph, text, document, onSaved }: CandidateProps) {
  const settled = useSettled(text, PAUSE_MS);
  const verdict = useLoaded(() => post<Verdict>('graph/validate', document), [settled]);
  const path = `graph/${encodeURIComponent(graph.graph_id)}`;
  const save = useAction(async () => {
    const { message } = await put<SavedGraph>(path, document);
    onSaved(message);
  });
  const isChecked = settled === text && verdict.value !== undefined;
  const isValid = isChecked && verdict.value?.valid === true;
  return (
    <>
      <Findings verdict={isChecked ? verdict.value : undefined} />
      <Failure message={verdict.error} />
      <Backtester key={text} path={path} document={document} isReady={isValid} />
      <Explorer key={`explore ${text}`} document={document} isReady={isValid} />
      <div class="buttons">
        <button type="button" onClick={save.run} disabled={!isValid || save.busy}>
          Save as version {graph.version + 1}
        </button>
      </div>
      <Failure message={save.error} />
    </>
  );
}

/** What the doctor says of it. */
function Findings({ verdict }: { verdict: Verdict | undefined }) {
  if (verdict === undefined) return <p class="findings quiet">Checking…</p>;
  const { errors, warnings } = verdict;
  if (errors.length + warnings.length === 0)
    return (
      <p role="status" class="findings">
        ✓ Nothing is wrong with it.
      </p>
    );
  return (
    <section aria-label="Findings">
      <ul class="findings" role="status">
        {errors.map((finding) => (
          <Finding key={`${finding.pointer} ${finding.code}`} finding={finding} word="Error" />
        ))}
        {warnings.map((finding) => (
          <Finding key={`${finding.pointer} ${finding.code}`} finding={finding} word="Warning" />
        ))}
      </ul>
    </section>
  );
}

function Finding({ finding, word }: { finding: ProblemItem | GraphWarning; word: string }) {
  const { pointer, message, hint } = finding;
  return (
    <li>
      <strong class={word === 'Error' ? 'bad' : ''}>{word}</strong> {pointer === '' ? null : <code>{pointer}</code>}{' '}
      {message} {hint === undefined ? null : <span class="quiet">{hint}</span>}
    </li>
  );
}

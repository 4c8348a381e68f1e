import { useEffect, useRef, useState } from 'preact/hooks';
import { getJson, post } from '../api.js';
import { Backtester } from '../evidence/backtest.js';
import { Explorer } from '../evidence/explore.js';
import { readGraphText } from '../evidence/graph-text.js';
import { pretty } from '../format.js';
import type { GraphEditor } from '../graph-editor.js';
import { useAction, useLoaded, useSettled } from '../hooks.js';
import { Failure, Heading, Panel } from '../parts.js';
import type { Graph, PatchOperation, SavedGraph, Verdict } from '../wire-types.js';
import { type Draft, dropDraft, keepDraft, readDraft } from './drafts.js';
import { Findings } from './findings.js';
import { LivePicture } from './live-picture.js';
import { patched } from './patch.js';
import { CreateGraph, SaveVersion } from './save.js';
import { TextEditor } from './text-editor.js';
import { useLeaving } from './use-leaving.js';

/** While somebody types, the text is checked once they pause for this long. */
const PAUSE_MS = 400;

/** Where drafts of graphs that have no id yet are kept: no id of a graph has a space. */
const NEW = 'new graph';

const TEMPLATE = {
  name: 'New graph',
  entry_point: 'first',
  nodes: [{ name: 'first', tool_name: 'set_data', params: { values: { done: true } } }],
  edges: [{ from_node: 'first', to_node: 'END' }],
};

/** The next version of a graph, as it is written. */
export function WriteView({ graphId }: { graphId: string }) {
  const id = encodeURIComponent(graphId);
  const graph = useLoaded((signal) => getJson<Graph>(`graph/${id}`, signal), [id]);
  const [message, setMessage] = useState<string>();
  const saved = (answer: SavedGraph): void => {
    setMessage(answer.message);
    graph.reload();
  };
  return (
    <>
      <Heading>Edit {graph.value?.name ?? graphId}</Heading>
      <p class="choices">
        <a href={`#/graphs/${id}`}>Graph</a>
        <a href={`#/graphs/${id}/versions`}>Compare versions</a>
      </p>
      <Failure message={graph.error} />
      {message === undefined ? null : <p role="status">✓ {message}</p>}
      {graph.value === undefined ? null : <Writing key={graph.value.version} graph={graph.value} onSaved={saved} />}
    </>
  );
}

/** A graph that is not there yet. */
export function NewGraphView() {
  const saved = ({ graph_id: id }: SavedGraph): void => {
    location.hash = `#/graphs/${encodeURIComponent(id)}`;
  };
  return (
    <>
      <Heading>New graph</Heading>
      <Writing graph={undefined} onSaved={saved} />
    </>
  );
}

/** A text with its draft: `origin` is where it begins, and what it is compared with to tell if something is unsaved. */
function useDraft(graph: Graph | undefined) {
  const place = graph?.graph_id ?? NEW;
  const origin = useRef(pretty(graph?.definition ?? TEMPLATE)).current;
  const restored = useRef<Draft | undefined>(readDraft(place)).current;
  const version = restored?.version ?? graph?.version ?? 0;
  const [text, setText] = useState(restored?.text ?? origin);
  const change = (next: string): void => {
    setText(next);
    if (next === origin) dropDraft(place);
    else keepDraft(place, { version, text: next });
  };
  return { text, change, origin, restored, version, forget: () => dropDraft(place) };
}

function Writing({ graph, onSaved }: { graph: Graph | undefined; onSaved: (saved: SavedGraph) => void }) {
  const draft = useDraft(graph);
  const { text } = draft;
  const [editor, setEditor] = useState<GraphEditor>();
  const { verdict, document, isReady, problem, settled } = useVerdict(text, graph?.graph_id);
  useLeaving(text !== draft.origin);
  useEffect(() => {
    const found = verdict.value;
    if (found === undefined && problem === undefined) return;
    const marks = [
      ...(found?.errors ?? []).map((each) => ({ ...each, severity: 'error' as const })),
      ...(found?.warnings ?? []).map((each) => ({ ...each, severity: 'warning' as const })),
    ];
    editor?.mark(marks);
  }, [editor, verdict.value, problem]);
  const saved = (answer: SavedGraph): void => {
    draft.forget();
    onSaved(answer);
  };
  const fix = (operations: readonly PatchOperation[]): void =>
    editor?.setText(pretty(patched(JSON.parse(text), operations)));
  return (
    <div class="writing">
      <Panel title="Definition">
        <DraftNote draft={draft} onDiscard={() => editor?.setText(draft.origin)} />
        <TextEditor text={draft.text} onEditor={setEditor} onText={draft.change} />
        <ChooseFile onText={(chosen) => editor?.setText(chosen)} />
      </Panel>
      <div>
        <LivePicture text={settled} graphId={graph?.graph_id} onGoTo={(pointer) => editor?.goTo(pointer)} />
        <Panel title="What is found">
          <Failure message={problem} />
          <Failure message={verdict.error} />
          {problem === undefined ? (
            <Findings verdict={verdict.value} onGoTo={(pointer) => editor?.goTo(pointer)} onFix={fix} />
          ) : null}
        </Panel>
        {graph === undefined ? null : (
          <TryOut key={text} graphId={graph.graph_id} document={document} isReady={isReady} />
        )}
      </div>
      <div class="writing-save">
        <Panel title="Save">
          {graph === undefined ? (
            <CreateGraph document={document} isReady={isReady} onSaved={saved} />
          ) : (
            <SaveVersion
              graph={{ ...graph, version: draft.version }}
              text={text}
              document={document}
              isReady={isReady}
              onSaved={saved}
            />
          )}
        </Panel>
      </div>
    </div>
  );
}

interface Checked {
  readonly settled: string;
  readonly problem?: string;
  readonly verdict?: Verdict;
}

/** What the doctor says of a text once it has settled. The value is there only for the text as it is now. */
function useVerdict(text: string, graphId: string | undefined) {
  const settled = useSettled(text, PAUSE_MS);
  const checked = useLoaded(async (): Promise<Checked> => {
    const read = readGraphText(settled, graphId);
    if ('problem' in read) return { settled, problem: read.problem };
    return { settled, verdict: await post<Verdict>('graph/validate', read.document) };
  }, [settled]);
  const now = checked.value?.settled === text ? checked.value : undefined;
  const read = readGraphText(text, graphId);
  const verdict = { value: now?.verdict, error: checked.error };
  const document = 'document' in read ? read.document : undefined;
  return { verdict, document, isReady: now?.verdict?.valid === true, problem: now?.problem, settled };
}

function TryOut({ graphId, document, isReady }: { graphId: string; document: unknown; isReady: boolean }) {
  return (
    <Panel title="Try it out – no tool is called">
      <p class="quiet">With what tools answered in past runs, or with made-up results of tools.</p>
      <Backtester path={`graph/${encodeURIComponent(graphId)}`} document={document} isReady={isReady} />
      <Explorer document={document} isReady={isReady} />
    </Panel>
  );
}

function DraftNote({ draft, onDiscard }: { draft: ReturnType<typeof useDraft>; onDiscard: () => void }) {
  if (draft.restored === undefined || draft.text === draft.origin) return null;
  return (
    <p class="banner banner-wait" role="status">
      Your unsaved draft is restored.{' '}
      <button type="button" onClick={onDiscard}>
        Discard it
      </button>
    </p>
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

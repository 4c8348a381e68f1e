import { useState } from 'preact/hooks';
import { getJson, post, put } from '../api.js';
import { pretty } from '../format.js';
import { useAction } from '../hooks.js';
import { Failure } from '../parts.js';
import type { Graph, SavedGraph } from '../wire-types.js';
import { TextDifference } from './difference.js';

interface SaveProps {
  /** The version that was changed. */
  readonly graph: Graph;
  readonly text: string;
  readonly document: unknown;
  readonly isReady: boolean;
  readonly onSaved: (saved: SavedGraph) => void;
}

/** Saves the next version, once the difference to the newest one was seen. */
export function SaveVersion({ graph, text, document, isReady, onSaved }: SaveProps) {
  const [newest, setNewest] = useState<Graph>();
  const path = `graph/${encodeURIComponent(graph.graph_id)}`;
  const review = useAction(async () => setNewest(await getJson<Graph>(path)));
  const save = useAction(async () => {
    const now = await getJson<Graph>(path);
    // Somebody else saved while the difference was looked at: it has to be looked at again.
    if (now.version !== newest?.version) setNewest(now);
    else onSaved(await put<SavedGraph>(path, document));
  });
  return (
    <>
      <div class="buttons">
        <button type="button" onClick={review.run} disabled={!isReady || review.busy}>
          Review changes
        </button>
      </div>
      {newest === undefined ? null : (
        <>
          {newest.version === graph.version ? null : (
            <p class="banner banner-wait" role="alert">
              Version {newest.version} was saved meanwhile, by somebody else or in another tab. You began with version{' '}
              {graph.version}: what is new on the left is lost if you save.
            </p>
          )}
          <TextDifference
            before={{ name: `version ${newest.version}`, text: pretty(newest.definition) }}
            after={{ name: 'yours', text }}
          />
          <div class="buttons">
            <button type="button" class="primary" onClick={save.run} disabled={!isReady || save.busy}>
              Save as version {newest.version + 1}
            </button>
          </div>
        </>
      )}
      <Failure message={review.error ?? save.error} />
    </>
  );
}

/** Saves a graph that is not there yet. */
export function CreateGraph(props: { document: unknown; isReady: boolean; onSaved: (saved: SavedGraph) => void }) {
  const create = useAction(async () => props.onSaved(await post<SavedGraph>('graph/create', props.document)));
  return (
    <>
      <div class="buttons">
        <button type="button" class="primary" onClick={create.run} disabled={!props.isReady || create.busy}>
          Create graph
        </button>
      </div>
      <Failure message={create.error} />
    </>
  );
}

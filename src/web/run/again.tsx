import { useState } from 'preact/hooks';
import { post } from '../api.js';
import { pretty } from '../format.js';
import { useAction } from '../hooks.js';
import { CopyButton, Failure } from '../parts.js';
import type { RunState, StartedRun } from '../wire-types.js';
import { JsonField, jsonOf } from './json-field.js';

/** A new run of the same graph and version, with the same metadata and limits: the input can be changed before. */
export function RunAgain({ state }: { state: RunState }) {
  const [text, setText] = useState(() => pretty(state.input_data));
  const [isLatest, setLatest] = useState(false);
  const start = useAction(async () => {
    const { run_id } = await post<StartedRun>('graph/run', bodyOf(state, jsonOf(text, 'The input') ?? null, isLatest));
    location.hash = `#/runs/${run_id}`;
  });
  const submit = (event: Event): void => {
    event.preventDefault();
    start.run();
  };
  return (
    <details class="fold">
      <summary>Run again</summary>
      <form class="form" onSubmit={submit}>
        <JsonField id="again-input" label="Input – as JSON" value={text} set={setText} rows={6} />
        <p>
          <label class="tick-label">
            <input type="checkbox" checked={isLatest} onInput={(event) => setLatest(event.currentTarget.checked)} />{' '}
            With the latest version of the graph, not with version {state.graph_version}
          </label>
        </p>
        <div class="buttons">
          <button type="submit" class="primary" disabled={start.busy}>
            Start the run
          </button>
          <CopyButton text={commandOf(state)} words="Copy as curl" />
        </div>
        <Failure message={start.error} />
      </form>
    </details>
  );
}

/** What starts such a run. Limits that are those of the server, or of the graph, are left to them. */
function bodyOf(state: RunState, input: unknown, isLatest: boolean): object {
  return {
    graph_id: state.graph_id,
    ...(isLatest ? {} : { version: state.graph_version }),
    input_data: input,
    ...(Object.keys(state.metadata).length === 0 ? {} : { metadata: state.metadata }),
  };
}

/** A command that starts the run again, for a shell. */
export function commandOf(state: RunState): string {
  const address = new URL('graph/run', location.href).href;
  const body = JSON.stringify(bodyOf(state, state.input_data, false));
  return `curl -s ${quoted(address)} -H 'Content-Type: application/json' -d ${quoted(body)}`;
}

/** A text as one word of a POSIX shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

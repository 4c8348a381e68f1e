import { useState } from 'preact/hooks';
import { post } from '../api.js';
import { useAction } from '../hooks.js';
import { Failure } from '../parts.js';
import type { LimitKind, RunState } from '../wire-types.js';
import { JsonField, objectOf } from './json-field.js';

interface RaisedLimit {
  readonly name: LimitKind;
  readonly label: string;
}

/** The limits that runs fail at, by the code of the error, with the words for a higher one. */
const LIMITS: Readonly<Record<string, RaisedLimit>> = {
  max_steps_exceeded: { name: 'max_steps', label: 'Steps in all' },
  max_tokens_exceeded: { name: 'max_tokens', label: 'Tokens in all' },
  max_cost_exceeded: { name: 'max_cost_usd', label: 'US dollars in all' },
  max_visits_exceeded: { name: 'max_visits', label: 'Visits to a node' },
  no_progress: { name: 'no_progress', label: 'Visits without progress' },
};

/** Has a run that failed or was cancelled go on: as it is, with a higher limit, or with what is corrected before. */
export function Retry({ state, onDone }: { state: RunState; onDone: () => void }) {
  const [higher, setHigher] = useState('');
  const path = `graph/runs/${state.run_id}/retry`;
  const limit = LIMITS[state.error?.code ?? ''];
  const retry = useAction(() => {
    const limits = limit !== undefined && higher !== '' ? { limits: { [limit.name]: Number(higher) } } : {};
    return post(path, limits).then(onDone);
  });
  return (
    <>
      {limit === undefined ? null : <HigherLimit limit={limit} state={state} value={higher} set={setHigher} />}
      <button type="button" class="primary" onClick={retry.run} disabled={retry.busy}>
        Retry from where it stopped
      </button>
      <Failure message={retry.error} />
    </>
  );
}

/** A retry with keys of `data` set before, or with a result in place of the step that the run stopped at. */
export function RetryWithChanges({ state, onDone }: { state: RunState; onDone: () => void }) {
  const [data, setData] = useState('');
  const [result, setResult] = useState('');
  const retry = useAction(() => {
    const changes = { data: objectOf(data, 'The data'), result: objectOf(result, 'The result') };
    return post(`graph/runs/${state.run_id}/retry`, changes).then(onDone);
  });
  const at = state.error?.node ?? 'the step';
  const submit = (event: Event): void => {
    event.preventDefault();
    retry.run();
  };
  return (
    <details class="fold">
      <summary>Retry with changes</summary>
      <form class="form" onSubmit={submit}>
        <JsonField
          id="retry-data"
          label="Set in data before – as JSON (optional)"
          value={data}
          set={setData}
          rows={3}
          help="Keys that are not named stay as they are."
        />
        <JsonField
          id="retry-result"
          label={`Skip ${at}, with this result – as JSON (optional)`}
          value={result}
          set={setResult}
          rows={3}
          help="It takes the place of what the tool would have set in data; {} skips the step with nothing set."
        />
        <div class="buttons">
          <button type="submit" disabled={retry.busy}>
            Retry with these changes
          </button>
        </div>
        <Failure message={retry.error} />
      </form>
    </details>
  );
}

/** A field for a limit that a retry raises. */
function HigherLimit(props: { limit: RaisedLimit; state: RunState; value: string; set: (value: string) => void }) {
  const { name, label } = props.limit;
  const isCost = name === 'max_cost_usd';
  return (
    <label>
      {label}{' '}
      <input
        type="number"
        class="short"
        step={isCost ? 'any' : 1}
        min={(props.state.limits[name] ?? 0) + (isCost ? 0 : 1)}
        value={props.value}
        onInput={(event) => props.set(event.currentTarget.value)}
      />
    </label>
  );
}

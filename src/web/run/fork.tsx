import { useState } from 'preact/hooks';
import { post } from '../api.js';
import type { CapsuleEvent } from '../evidence/capsule-document.js';
import { pretty } from '../format.js';
import { useAction } from '../hooks.js';
import { Failure } from '../parts.js';
import type { RunState, StartedRun, Step } from '../wire-types.js';
import { changesOf, dataBefore } from './data-history.js';
import { JsonField, objectOf } from './json-field.js';

/** More text than this is not offered to be edited. */
const MAX_TEXT = 100_000;

interface ForkProps {
  readonly step: Step;
  readonly state: RunState;
  readonly events: readonly CapsuleEvent[];
}

/** A new run that begins at a step of this one: with its data as it was then, changed or not, and with a version of the graph. */
export function Fork({ step, state, events }: ForkProps) {
  const [open, setOpen] = useState(false);
  if (state.parent_run_id !== null) return null;
  return (
    <details class="fork" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>Fork from this step</summary>
      {open ? <ForkForm step={step} state={state} before={dataBefore(events, step.step)} /> : null}
    </details>
  );
}

function ForkForm({ step, state, before }: { step: Step; state: RunState; before: Readonly<Record<string, unknown>> }) {
  const filled = pretty(before);
  const isLarge = filled.length > MAX_TEXT;
  const [text, setText] = useState(isLarge ? '' : filled);
  const [version, setVersion] = useState(String(state.graph_version));
  const fork = useAction(async () => {
    const data = changesOf(before, objectOf(text, 'The data') ?? {});
    const body = {
      from_step: step.step,
      ...(Object.keys(data).length === 0 ? {} : { data }),
      ...(Number(version) === state.graph_version ? {} : { version: Number(version) }),
    };
    const { run_id } = await post<StartedRun>(`graph/runs/${state.run_id}/fork`, body);
    location.hash = `#/runs/${run_id}`;
  });
  const submit = (event: Event): void => {
    event.preventDefault();
    fork.run();
  };
  const id = `fork-${step.step}`;
  return (
    <form class="form" onSubmit={submit}>
      <JsonField
        id={id}
        label="Data at this step – as JSON"
        value={text}
        set={setText}
        rows={6}
        help={
          isLarge
            ? 'The data is too large to be shown here: name the keys to set. The others stay as they are.'
            : 'As it was before the step. Keys that you change or add are set; the others stay as they are.'
        }
      />
      <div class="field">
        <label for={`${id}-version`}>Version of the graph</label>
        <input
          id={`${id}-version`}
          class="short"
          type="number"
          min={1}
          required
          value={version}
          onInput={(event) => setVersion(event.currentTarget.value)}
        />
      </div>
      <div class="buttons">
        <button type="submit" disabled={fork.busy}>
          Start a new run from step {step.step}
        </button>
      </div>
      <Failure message={fork.error} />
    </form>
  );
}

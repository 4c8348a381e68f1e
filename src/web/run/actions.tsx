import { useState } from 'preact/hooks';
import { post } from '../api.js';
import { DownloadCapsule } from '../evidence/download-capsule.js';
import { pretty } from '../format.js';
import { useAction } from '../hooks.js';
import { WAITS } from '../kinds.js';
import { AnswerLink, Failure, Time } from '../parts.js';
import { SchemaForm } from '../schema-form.js';
import type { Json, Schema } from '../types.js';
import type { LimitKind, RunState, StartedRun, Step, Waiting } from '../wire-types.js';
import { isFinished } from './use-run.js';

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

/** What can be done to a run in its current status. A branch is retried, and exported, with its parent. */
export function Actions({ state, onDone }: { state: RunState; onDone: () => void }) {
  const [higher, setHigher] = useState('');
  const path = `graph/runs/${state.run_id}`;
  const cancel = useAction(() => post(`${path}/cancel`).then(onDone));
  const pause = useAction(() => post(`${path}/${state.paused ? 'unpause' : 'pause'}`).then(onDone));
  const limit = LIMITS[state.error?.code ?? ''];
  const retry = useAction(() => {
    const limits = limit !== undefined && higher !== '' ? { limits: { [limit.name]: Number(higher) } } : {};
    return post(`${path}/retry`, limits).then(onDone);
  });
  const isRetriable = (state.status === 'FAILED' || state.status === 'CANCELLED') && state.parent_run_id === null;
  return (
    <div class="actions">
      {isFinished(state) ? null : (
        <>
          <button type="button" onClick={pause.run} disabled={pause.busy || state.cancel_requested}>
            {state.paused ? 'Unpause run' : 'Pause run'}
          </button>
          <button type="button" onClick={cancel.run} disabled={cancel.busy || state.cancel_requested}>
            Cancel run
          </button>
        </>
      )}
      {isRetriable ? (
        <>
          {limit === undefined ? null : <HigherLimit limit={limit} state={state} value={higher} set={setHigher} />}
          <button type="button" class="primary" onClick={retry.run} disabled={retry.busy}>
            Retry from where it stopped
          </button>
        </>
      ) : null}
      {state.parent_run_id === null ? <DownloadCapsule runId={state.run_id} /> : null}
      <Failure message={cancel.error ?? pause.error ?? retry.error} />
    </div>
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

/** What a run waits for, with a form for the answer, or for the payload of the signal, if people can give it. */
export function Resume({ state, onDone }: { state: RunState; onDone: () => void }) {
  const { waiting } = state;
  const path = `graph/runs/${state.run_id}`;
  const resume = useAction((payload: Json, { id, signal }: Waiting) =>
    (signal === null
      ? post(`${path}/resume`, { payload, wait_id: id })
      : post(`${path}/signals/${signal}`, { payload })
    ).then(onDone),
  );
  if (waiting === null) return null;
  return (
    <section class="banner banner-wait" aria-label="Waiting">
      <p>
        <strong>
          Waiting for {WAITS[waiting.kind].name} {waiting.signal === null ? null : <code>{waiting.signal}</code>} at{' '}
          {waiting.node}
        </strong>
        {waiting.until === null ? null : (
          <span class="quiet">
            {' '}
            until <Time iso={waiting.until} />
          </span>
        )}
      </p>
      {waiting.message === null ? null : <p class="message">{waiting.message}</p>}
      {WAITS[waiting.kind].takesAnswer ? (
        <Answer
          key={waiting.id}
          waiting={waiting}
          busy={resume.busy}
          onSubmit={(payload) => resume.run(payload, waiting)}
        />
      ) : null}
      <AnswerLink url={waiting.answer_url} />
      <Evidence waiting={waiting} />
      <Waiters waiting={waiting} />
      <Failure message={resume.error} />
    </section>
  );
}

/** How a run came to its limit: what a person looks at before it is lifted. */
function Evidence({ waiting: { evidence, limit_of } }: { waiting: Waiting }) {
  if (evidence === null) return null;
  const { changes, ...counts } = evidence;
  return (
    <>
      {limit_of === null ? null : (
        <p>
          The limit is that of <a href={`#/runs/${limit_of}`}>the run above</a>, for all runs inside it.
        </p>
      )}
      <details>
        <summary>How it came there</summary>
        <pre>{pretty({ ...counts, changes })}</pre>
      </details>
    </>
  );
}

/** Runs inside this one that wait for an answer: each is answered on its own page. */
function Waiters({ waiting: { children } }: { waiting: Waiting }) {
  if (children.length === 0) return null;
  return (
    <ul class="waiters">
      {children.map(({ run_id, graph_id, index, waiting_for }) => (
        <li key={run_id}>
          <a href={`#/runs/${run_id}`}>
            Part {index + 1} ({graph_id}) waits for {waiting_for === null ? 'something' : WAITS[waiting_for].name}
          </a>
        </li>
      ))}
    </ul>
  );
}

const ANSWERS: Partial<Record<Waiting['kind'], readonly [title: string, submitLabel: string]>> = {
  signal: ['Payload', 'Send the signal'],
  limit: ['Limits', 'Lift the limit and go on'],
};

function Answer(props: { waiting: Waiting; busy: boolean; onSubmit: (payload: Json) => void }) {
  const [title, submitLabel] = ANSWERS[props.waiting.kind] ?? ['Answer', 'Answer and go on'];
  const schema: Schema = props.waiting.schema ?? { title, description: 'Any JSON.', default: null };
  return (
    <SchemaForm
      schema={schema}
      idPrefix="answer"
      submitLabel={submitLabel}
      busy={props.busy}
      onSubmit={props.onSubmit}
    />
  );
}

/** A new run that begins at a step of this one. */
export function Fork({ step, state }: { step: Step; state: RunState }) {
  const [text, setText] = useState('{}');
  const fork = useAction(async () => {
    const data = JSON.parse(text.trim() === '' ? '{}' : text);
    const body = { from_step: step.step, ...(Object.keys(data).length === 0 ? {} : { data }) };
    const { run_id } = await post<StartedRun>(`graph/runs/${state.run_id}/fork`, body);
    location.hash = `#/runs/${run_id}`;
  });
  if (state.parent_run_id !== null) return null;
  const submit = (event: Event): void => {
    event.preventDefault();
    fork.run();
  };
  const id = `fork-${step.step}`;
  return (
    <details class="fork">
      <summary>Fork from this step</summary>
      <form class="form" onSubmit={submit}>
        <div class="field">
          <label for={id}>Change in data – as JSON (optional)</label>
          <textarea
            id={id}
            rows={3}
            spellcheck={false}
            value={text}
            placeholder={pretty({ key: 'value' })}
            onInput={(event) => setText(event.currentTarget.value)}
          />
        </div>
        <div class="buttons">
          <button type="submit" disabled={fork.busy}>
            Start a new run from step {step.step}
          </button>
        </div>
        <Failure message={fork.error} />
      </form>
    </details>
  );
}

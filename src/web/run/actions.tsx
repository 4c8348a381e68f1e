import { useState } from 'preact/hooks';
import { post, send } from '../api.js';
import { DownloadCapsule } from '../evidence/download-capsule.js';
import { pretty } from '../format.js';
import { useAction } from '../hooks.js';
import { WAITS } from '../kinds.js';
import { AnswerLink, branchName, Failure, Time } from '../parts.js';
import { decisionOf } from '../schema-decision.js';
import { SchemaForm } from '../schema-form.js';
import type { Json, Schema } from '../types.js';
import type { RunState, Waiting } from '../wire-types.js';
import { RunAgain } from './again.js';
import { Retry, RetryWithChanges } from './retry.js';
import { isFinished } from './use-run.js';

/** What can be done to a run in its current status. A branch is retried, and exported, with its parent. */
export function Actions({ state, onDone }: { state: RunState; onDone: () => void }) {
  const path = `graph/runs/${state.run_id}`;
  const cancel = useAction(() => post(`${path}/cancel`).then(onDone));
  const pause = useAction(() => post(`${path}/${state.paused ? 'unpause' : 'pause'}`).then(onDone));
  const isTop = state.parent_run_id === null;
  const isRetriable = (state.status === 'FAILED' || state.status === 'CANCELLED') && isTop;
  return (
    <>
      <div class="actions">
        {isFinished(state) ? null : (
          <>
            <button type="button" onClick={pause.run} disabled={pause.busy || state.cancel_requested}>
              {state.paused ? 'Unpause run' : 'Pause run'}
            </button>
            <SaidTwice
              label="Cancel run"
              question="Cancel this run, and all inside it?"
              confirm="Cancel it"
              isOff={cancel.busy || state.cancel_requested}
              onConfirm={cancel.run}
            />
          </>
        )}
        {isRetriable ? <Retry state={state} onDone={onDone} /> : null}
        {isTop ? <DownloadCapsule runId={state.run_id} /> : null}
        <a class="button" href={`#/runs/${state.run_id}/compare`}>
          Compare
        </a>
        {isFinished(state) && isTop ? <Delete path={path} /> : null}
        <Failure message={cancel.error ?? pause.error} />
      </div>
      {isTop ? <RunAgain key={state.run_id} state={state} /> : null}
      {isRetriable ? <RetryWithChanges state={state} onDone={onDone} /> : null}
    </>
  );
}

/** Deletes a run that has ended. */
function Delete({ path }: { path: string }) {
  const remove = useAction(async () => {
    await send(path, { method: 'DELETE' });
    location.hash = '#/runs';
  });
  return (
    <span class="set-apart">
      <SaidTwice
        label="Delete"
        question="Delete this run, and all inside it?"
        confirm="Delete for good"
        isOff={remove.busy}
        onConfirm={remove.run}
      />
      <Failure message={remove.error} />
    </span>
  );
}

interface SaidTwiceProps {
  readonly label: string;
  readonly question: string;
  readonly confirm: string;
  readonly isOff: boolean;
  readonly onConfirm: () => void;
}

/** A button for what cannot be taken back: it asks first. */
function SaidTwice({ label, question, confirm, isOff, onConfirm }: SaidTwiceProps) {
  const [isAsked, setAsked] = useState(false);
  if (!isAsked) {
    return (
      <button type="button" onClick={() => setAsked(true)} disabled={isOff}>
        {label}
      </button>
    );
  }
  return (
    <>
      <span role="status">{question}</span>
      <button type="button" class="danger" onClick={onConfirm} disabled={isOff}>
        {confirm}
      </button>
      <button type="button" onClick={() => setAsked(false)}>
        Keep
      </button>
    </>
  );
}

/** Sends the answer of a wait, or the payload of its signal. */
function useAnswer(runId: string, onDone: () => void) {
  const path = `graph/runs/${runId}`;
  return useAction((payload: Json, { id, signal }: Waiting) =>
    (signal === null
      ? post(`${path}/resume`, { payload, wait_id: id })
      : post(`${path}/signals/${signal}`, { payload })
    ).then(onDone),
  );
}

/** The form of a question, to be answered where it is listed. */
export function AnswerForm({ runId, waiting, onDone }: { runId: string; waiting: Waiting; onDone: () => void }) {
  const resume = useAnswer(runId, onDone);
  return (
    <>
      <Answer
        waiting={waiting}
        idPrefix={`answer-${runId}`}
        busy={resume.busy}
        onSubmit={(payload) => resume.run(payload, waiting)}
      />
      <Failure message={resume.error} />
    </>
  );
}

/** What a run waits for, with a form for the answer, or for the payload of the signal, if people can give it. */
export function Resume({ state, onDone }: { state: RunState; onDone: () => void }) {
  const { waiting } = state;
  const resume = useAnswer(state.run_id, onDone);
  if (waiting === null) return null;
  return (
    <section class={`banner ${WAITS[waiting.kind].takesAnswer ? 'banner-wait' : ''}`} aria-label="Waiting">
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
          idPrefix="answer"
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
      {children.map(({ run_id, graph_id, index, branch, waiting_for }) => (
        <li key={run_id}>
          <a href={`#/runs/${run_id}`}>
            {branchName({ child_index: index, branch })} ({graph_id}) waits for{' '}
            {waiting_for === null ? 'something' : WAITS[waiting_for].name}
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

function Answer(props: { waiting: Waiting; idPrefix: string; busy: boolean; onSubmit: (payload: Json) => void }) {
  const [title, submitLabel] = ANSWERS[props.waiting.kind] ?? ['Answer', 'Answer and go on'];
  const schema: Schema = props.waiting.schema ?? { title, description: 'Any JSON.', default: null };
  return (
    <SchemaForm
      schema={schema}
      idPrefix={props.idPrefix}
      submitLabel={submitLabel}
      decision={decisionOf(schema)}
      busy={props.busy}
      onSubmit={props.onSubmit}
    />
  );
}

import type { ComponentChildren } from 'preact';
import { getJson } from '../api.js';
import { brief, duration, elapsed, pretty, shortId } from '../format.js';
import { useLoaded } from '../hooks.js';
import { STARTERS, WAITS } from '../kinds.js';
import { Ago, Code, CopyButton, Fact, RunLink, Status, Time } from '../parts.js';
import type { Graph, RunState } from '../wire-types.js';
import { Actions } from './actions.js';
import { isFinished, type LiveRun } from './use-run.js';

const CONNECTION: Readonly<Record<LiveRun['connection'], string>> = {
  connecting: 'Connecting…',
  live: 'Live',
  over: '',
  lost: 'Connection lost; trying again…',
};

/** Time in line that is said, in milliseconds: less is the usual way of the server. */
const NOTED_QUEUE_MS = 1000;

/** The run at a glance: of which graph, with what, how far it is or how it ended, and what can be done. */
export function Summary({ run, state }: { run: LiveRun; state: RunState }) {
  const id = encodeURIComponent(state.graph_id);
  const graph = useLoaded(
    (signal) => getJson<Graph>(`graph/${id}?version=${state.graph_version}`, signal),
    [id, state.graph_version],
  );
  return (
    <section class="summary" aria-label="Summary">
      <p class="summary-line">
        <Status status={state.status} />
        <span>{howItIs(state)}</span>
        <By name={state.cancelled_by} />
        <Paused state={state} />
        <span class="quiet">{CONNECTION[run.connection]}</span>
      </p>
      <dl class="facts">
        <Fact name="Graph">
          <a href={`#/graphs/${id}`}>{graph.value?.name ?? state.graph_id}</a>{' '}
          <span class="quiet">
            {graph.value === undefined ? '' : `${state.graph_id} `}v{state.graph_version}
          </span>
        </Fact>
        <Fact name="Submitted">
          <Time iso={state.submitted_at} />
          <By name={state.submitted_by} />
        </Fact>
        <StartedBy by={state.started_by} />
        <Times state={state} />
        <Origin state={state} />
        <Used state={state} />
        <Fact name="Run id">
          <code class="id">{state.run_id}</code> <CopyButton text={state.run_id} words="Copy" />
        </Fact>
      </dl>
      <Input value={state.input_data} />
      <Actions state={state} onDone={run.restart} />
      <p class="visually-hidden" role="status" aria-live="polite">
        Run {state.status.toLowerCase()}: {howItIs(state)}
      </p>
    </section>
  );
}

/** How far it is, or how it ended, in one sentence. */
export function howItIs(state: RunState): string {
  const { status, current_node: node, attempt, step_count: steps, error, waiting } = state;
  const at = node === null ? '' : ` at ${node}`;
  const count = `${steps} ${steps === 1 ? 'step' : 'steps'}`;
  switch (status) {
    case 'SUBMITTED':
      return state.queued === null ? 'begins soon' : 'in line, for its turn';
    case 'WAITING':
      return waiting === null ? `waits${at}` : `for ${WAITS[waiting.kind].name}${at}`;
    case 'RUNNING':
      if (state.cancel_requested) return `cancelling…${at}`;
      return `${at.trim()}${attempt !== null && attempt > 1 ? `, attempt ${attempt}` : ''}`;
    case 'COMPLETED':
      return `after ${count}`;
    case 'FAILED':
      return error?.node ? `at ${error.node}, after ${count}` : `after ${count}`;
    case 'CANCELLED':
      return `after ${count}`;
  }
}

function Paused({ state }: { state: RunState }) {
  if (!state.paused || state.cancel_requested) return null;
  return (
    <span>
      {state.status === 'WAITING' ? 'paused' : 'pausing…'}
      <By name={state.paused_by} />
    </span>
  );
}

/** How long it took since it began; what it stood in line before is no part of that. */
function Times({ state }: { state: RunState }) {
  const { submitted_at: submitted, started_at: started, finished_at: finished } = state;
  const queued = (started === null ? Date.now() : Date.parse(started)) - Date.parse(submitted);
  const isQueued = started === null && !isFinished(state);
  return (
    <>
      {queued >= NOTED_QUEUE_MS && (started !== null || isQueued) ? (
        <Fact name={isQueued ? 'In line for' : 'Was in line'}>{duration(queued)}</Fact>
      ) : null}
      {started === null ? null : <Fact name={finished === null ? 'So far' : 'Took'}>{elapsed(started, finished)}</Fact>}
      {finished === null ? null : (
        <Fact name="Ended">
          <Ago iso={finished} />
        </Fact>
      )}
    </>
  );
}

function Used({ state: { usage, usage_total: total } }: { state: RunState }) {
  const { input_tokens: input, output_tokens: output, cost_usd: cost } = total ?? usage;
  if (input + output === 0 && cost === undefined) return null;
  return (
    <Fact name="Used">
      {input} tokens in, {output} out{cost === undefined ? '' : `, $${cost}`}
    </Fact>
  );
}

/** What the run began with, on one line that opens. */
function Input({ value }: { value: unknown }) {
  if (value === null || value === undefined) return null;
  return (
    <details class="input-brief">
      <summary>
        <span class="quiet">Input</span> <code>{brief(value, 140)}</code>
      </summary>
      <Code text={typeof value === 'string' ? value : pretty(value)} label="Input" />
      <CopyButton text={typeof value === 'string' ? value : pretty(value)} words="Copy input" />
    </details>
  );
}

/** Runs that this one is a part or a copy of, and versions that it had before. */
function Origin({ state }: { state: RunState }) {
  const { forked_from: forked, imported_from: imported, migrated_from: moved, parent_run_id: parent } = state;
  return (
    <>
      {parent === null ? null : (
        <Fact name="Inside">
          <RunLink id={parent} />, as branch {(state.child_index ?? 0) + 1}
        </Fact>
      )}
      {moved === null ? null : (
        <Fact name="Moved">
          from v{moved.version}, <Time iso={moved.at} />
          <By name={moved.by} />
        </Fact>
      )}
      {forked === null ? null : (
        <Fact name="Forked from">
          <RunLink id={forked.run_id} />, at step {forked.step},{' '}
          <a href={`#/runs/${forked.run_id}/compare/${state.run_id}`}>compare</a>
        </Fact>
      )}
      {imported === null ? null : (
        <Fact name="Imported from">
          <code title={imported.run_id}>{shortId(imported.run_id)}</code>
        </Fact>
      )}
    </>
  );
}

/** Who did what stands before it, if that is known. */
function By({ name }: { name: string | null }) {
  return name === null ? null : <span class="quiet"> by {name}</span>;
}

/** What started the run, unless somebody did with a request. */
function StartedBy({ by: { kind, id } }: { by: RunState['started_by'] }): ComponentChildren {
  const { name, views } = STARTERS[kind];
  if (views === null || id === null) return null;
  const href = `#/${views}/${encodeURIComponent(id)}`;
  return (
    <Fact name="Started by">
      {name} <a href={href}>{shortId(id)}</a>
    </Fact>
  );
}

/** What went wrong, and where. */
export function RunFailure({ state, onSelect }: { state: RunState; onSelect: (step: number) => void }) {
  const { error } = state;
  if (error === null) return null;
  const { step, node, code, message } = error;
  return (
    <section class="banner banner-bad" aria-label="Error">
      <p>
        <strong>{node === null ? 'The run failed' : `${node} failed`}</strong>{' '}
        {step === null ? null : (
          <button type="button" class="link" onClick={() => onSelect(step)}>
            step {step}
          </button>
        )}{' '}
        <code>{code}</code>
      </p>
      <p class="message">{message}</p>
    </section>
  );
}

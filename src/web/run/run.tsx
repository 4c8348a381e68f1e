import { useMemo } from 'preact/hooks';
import { getJson, getText } from '../api.js';
import { elapsed, pretty, shortId } from '../format.js';
import { useLoaded, useSettled, useTick } from '../hooks.js';
import { timedLinesOf } from '../journal/lines.js';
import { STARTERS } from '../kinds.js';
import {
  Code,
  counted,
  Fact,
  Failure,
  Heading,
  Mermaid,
  Panel,
  Picture,
  RunLink,
  Status,
  Tail,
  Time,
} from '../parts.js';
import { RunTable } from '../runs.js';
import type { RunList, RunState, Step } from '../wire-types.js';
import { Actions, Resume } from './actions.js';
import { Changed, changedBy } from './data.js';
import { DataTree } from './data-tree.js';
import { Inspector } from './inspector.js';
import { Logs } from './logs.js';
import { spansOf } from './spans.js';
import type { StepOutput } from './step-output.js';
import { Steps } from './steps.js';
import { Timeline } from './timeline.js';
import { isFinished, type LiveRun, useRun } from './use-run.js';

/** One run, as it happens. What is selected is in the address. */
export function RunView({ runId, query }: { runId: string; query: URLSearchParams }) {
  const run = useRun(runId);
  const { state } = run;
  useTick(state !== undefined && !isFinished(state));
  return (
    <>
      <Heading>
        Run{' '}
        <code class="nowrap" title={runId}>
          {shortId(runId)}
        </code>
      </Heading>
      <Failure message={run.error} />
      {state === undefined ? (
        run.error === undefined ? (
          <p class="quiet">Loading…</p>
        ) : null
      ) : (
        <Run run={run} state={state} selected={Number(query.get('step') ?? 0)} />
      )}
    </>
  );
}

/** Selects a step, in the address; 0 selects none. */
function select(runId: string, step: number): void {
  const query = step === 0 ? '' : `?step=${step}`;
  history.replaceState(history.state, '', `#/runs/${encodeURIComponent(runId)}${query}`);
  dispatchEvent(new HashChangeEvent('hashchange'));
}

function Run({ run, state, selected }: { run: LiveRun; state: RunState; selected: number }) {
  const { events, steps } = run;
  const path = `graph/runs/${state.run_id}/diagram?format=svg`;
  const picture = useLoaded((signal) => getText(path, signal), [path, state.status, useSettled(state.step_count, 400)]);
  const lines = useMemo(() => timedLinesOf(events), [events]);
  const spans = useMemo(() => spansOf(events), [events]);
  const step = steps.find((each) => each.step === selected);
  const choose = (to: number): void => select(state.run_id, to);
  return (
    <>
      <Summary run={run} state={state} />
      {state.error === null ? null : <RunFailure state={state} />}
      <Resume state={state} onDone={run.restart} />
      <div class={step === undefined ? '' : 'columns beside'}>
        <Panel title="Timeline" aside={<span class="quiet">{state.step_count} steps finished</span>}>
          <Timeline spans={spans} now={Date.now()} selected={step?.step} onSelect={choose} />
        </Panel>
        {step === undefined ? null : (
          <Inspector
            key={step.step}
            step={step}
            events={events}
            spans={spans}
            state={state}
            onClose={() => choose(0)}
          />
        )}
      </div>
      <div class="columns">
        <div>
          <Panel title="Picture">
            <Picture svg={picture.value} error={picture.error} />
            <Mermaid path={`graph/runs/${state.run_id}/diagram`} />
          </Panel>
          <Panel title="Data" aside={<Changed steps={steps} />}>
            <DataTree data={state.data} events={events} changed={changedBy(steps)} onSelect={choose} />
          </Panel>
          <details class="panel">
            <summary>Input and settings</summary>
            <Code text={pretty(state.input_data)} label="Input" />
            <Code
              text={pretty({ metadata: state.metadata, limits: state.limits, usage: state.usage })}
              label="Settings"
            />
          </details>
        </div>
        <div>
          <Panel title="Steps" aside={<span class="quiet">{state.step_count} finished</span>}>
            {run.output === undefined ? null : <Output output={run.output} />}
            <Steps steps={steps} state={state} />
          </Panel>
          <Parts state={state} steps={steps} />
          <Panel title="Logs" aside={<span class="quiet">{counted(lines.length, 'line')}</span>}>
            <Logs lines={lines} name={state.run_id} />
          </Panel>
        </div>
      </div>
    </>
  );
}

const CONNECTION: Readonly<Record<LiveRun['connection'], string>> = {
  connecting: 'Connecting…',
  live: 'Live',
  over: '',
  lost: 'Connection lost; trying again…',
};

function Summary({ run, state }: { run: LiveRun; state: RunState }) {
  const { forked_from: forked, imported_from: imported, migrated_from: moved, parent_run_id: parent } = state;
  const where = state.current_node === null ? '' : ` at ${state.current_node}`;
  const words = `${state.status.toLowerCase()}${where}`;
  return (
    <section class="summary" aria-label="Summary">
      <p class="summary-line">
        <Status status={state.status} />
        {state.current_node === null ? null : (
          <span>
            at <strong>{state.current_node}</strong>
            {state.attempt !== null && state.attempt > 1 ? `, attempt ${state.attempt}` : ''}
          </span>
        )}
        {state.cancel_requested ? <span>cancelling…</span> : null}
        <By name={state.cancelled_by} />
        {state.paused && !state.cancel_requested ? (
          <span>
            {state.status === 'WAITING' ? 'paused' : 'pausing…'}
            <By name={state.paused_by} />
          </span>
        ) : null}
        <span class="quiet">{CONNECTION[run.connection]}</span>
      </p>
      <dl class="facts">
        <Fact name="Graph">
          <a href={`#/graphs/${encodeURIComponent(state.graph_id)}`}>{state.graph_id}</a> v{state.graph_version}
        </Fact>
        <Fact name="Submitted">
          <Time iso={state.submitted_at} />
          <By name={state.submitted_by} />
        </Fact>
        <StartedBy by={state.started_by} />
        <Fact name="Took">{elapsed(state.submitted_at, state.finished_at)}</Fact>
        {parent === null ? null : (
          <Fact name="Part of">
            <RunLink id={parent} />, number {(state.child_index ?? 0) + 1}
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
            <RunLink id={forked.run_id} />, at step {forked.step}
          </Fact>
        )}
        {imported === null ? null : (
          <Fact name="Imported from">
            <code title={imported.run_id}>{shortId(imported.run_id)}</code>
          </Fact>
        )}
      </dl>
      <Actions state={state} onDone={run.restart} />
      <p class="visually-hidden" role="status" aria-live="polite">
        Run {words}
      </p>
    </section>
  );
}

/** Who did what stands before it, if that is known. */
function By({ name }: { name: string | null }) {
  return name === null ? null : <span class="quiet"> by {name}</span>;
}

/** What started the run, unless somebody did with a request. */
function StartedBy({ by: { kind, id } }: { by: RunState['started_by'] }) {
  const { name, views } = STARTERS[kind];
  if (views === null || id === null) return null;
  const href = `#/${views}/${encodeURIComponent(id)}`;
  return (
    <Fact name="Started by">
      {name} <a href={href}>{shortId(id)}</a>
    </Fact>
  );
}

function RunFailure({ state }: { state: RunState }) {
  const { error } = state;
  if (error === null) return null;
  return (
    <section class="banner banner-bad" aria-label="Error">
      <p>
        <strong>
          {error.node === null ? 'The run failed' : `Failed at ${error.node}`}
          {error.step === null ? '' : `, step ${error.step}`}
        </strong>{' '}
        <code>{error.code}</code>
      </p>
      <p class="message">{error.message}</p>
    </section>
  );
}

/** What the step under way sends, as it comes. */
function Output({ output }: { output: StepOutput }) {
  const { step, node, attempt, text, isCut } = output;
  const title = `Output of step ${step}, ${node}`;
  return (
    <section class="output" aria-label={title}>
      <h3>
        {title}
        {attempt > 1 ? `, attempt ${attempt}` : ''}
        {isCut ? <span class="quiet"> (some of it is not shown)</span> : null}
      </h3>
      <Tail text={text} label={`Text of step ${step}`} live="polite" class="output-text" />
    </section>
  );
}

const REFRESH_MS = 2000;

/** The largest number of children on the page of a run. */
const SHOWN_PARTS = 100;

/** The runs inside this one: branches, and graphs that run as a step. */
function Parts({ state, steps }: { state: RunState; steps: readonly Step[] }) {
  const id = encodeURIComponent(state.run_id);
  const children = useLoaded(
    (signal) => getJson<RunList>(`graph/runs?parent_run_id=${id}&limit=${SHOWN_PARTS}`, signal),
    [id, state.status, steps.length],
    isFinished(state) ? undefined : REFRESH_MS,
  );
  const runs = children.value?.runs.toReversed() ?? [];
  if (runs.length === 0) return <Failure message={children.error} />;
  return (
    <Panel
      title="Runs inside this one"
      aside={runs.length < SHOWN_PARTS ? null : <a href={`#/runs?parent_run_id=${id}`}>All of them</a>}
    >
      <RunTable runs={runs} withGraph={runs.some(({ graph_id }) => graph_id !== state.graph_id)} withIndex />
    </Panel>
  );
}

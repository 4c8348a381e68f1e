import { useMemo } from 'preact/hooks';
import { getText } from '../api.js';
import type { CapsuleEvent } from '../evidence/capsule-document.js';
import { pretty, shortId } from '../format.js';
import { useLoaded, useSettled, useTick } from '../hooks.js';
import { timedLinesOf } from '../journal/lines.js';
import { Code, counted, Failure, Heading, Mermaid, Panel, Tail } from '../parts.js';
import { LargePicture } from '../picture.js';
import type { RunState } from '../wire-types.js';
import { Resume } from './actions.js';
import { withBranches } from './branch-spans.js';
import { Changed, changedBy } from './data.js';
import { DataTree } from './data-tree.js';
import { RunFailure, Summary } from './head.js';
import { Inspector } from './inspector.js';
import { Logs } from './logs.js';
import { Progress, useInside } from './progress.js';
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

/** Begins runs inside the run: branches, or another graph. */
function startsRuns({ type, wait }: CapsuleEvent): boolean {
  return type === 'branches.started' || (type === 'wait.started' && wait?.kind === 'graph');
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
  const inside = useInside(
    state,
    useMemo(() => events.some(startsRuns), [events]),
  );
  const all = useMemo(() => withBranches(spans, inside.runs), [spans, inside.runs]);
  const step = steps.find((each) => each.step === selected);
  const choose = (to: number): void => select(state.run_id, to);
  const chooseNode = (node: string): void => choose(steps.findLast((each) => each.node === node)?.step ?? 0);
  return (
    <>
      <Summary run={run} state={state} />
      {state.error === null ? null : <RunFailure state={state} onSelect={choose} />}
      <Resume state={state} onDone={run.restart} />
      <Progress state={state} inside={inside} />
      <div class={step === undefined ? '' : 'columns beside'}>
        <Panel title="Timeline" aside={<span class="quiet">{state.step_count} steps finished</span>}>
          <Timeline spans={all} now={Date.now()} selected={step?.step} onSelect={choose} />
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
            <LargePicture svg={picture.value} error={picture.error} onNode={chooseNode} selected={step?.node} />
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
            <Steps steps={steps} state={state} events={events} />
          </Panel>
          <Panel title="Logs" aside={<span class="quiet">{counted(lines.length, 'line')}</span>}>
            <Logs lines={lines} name={state.run_id} />
          </Panel>
        </div>
      </div>
    </>
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

import { useState } from 'preact/hooks';
import { getJson } from '../api.js';
import { brief, shortId } from '../format.js';
import { useLoaded } from '../hooks.js';
import { Ago, Failure, Heading, Panel, RunLink, Status } from '../parts.js';
import type {
  DataDifference,
  RunDiff,
  RunList,
  RunState,
  RunSummary,
  Step,
  StepList,
  StepPoint,
} from '../wire-types.js';

const CHOICES = 20;
const SHOWN_STEPS = 200;
const NO_LOGS = Number.MAX_SAFE_INTEGER;

/** Two runs side by side: their ways, where they part, and how their data differs. */
export function CompareView({ a, b }: { a: string; b: string | undefined }) {
  return (
    <>
      <Heading>
        Compare run <RunLink id={a} />
      </Heading>
      {b === undefined ? <Choose a={a} /> : <Compared a={a} b={b} />}
    </>
  );
}

function useHead(runId: string) {
  const path = `graph/state/${encodeURIComponent(runId)}?data=false&logs_after=${NO_LOGS}`;
  return useLoaded((signal) => getJson<RunState>(path, signal), [path]);
}

/** The latest runs of the same graph, to be compared with, or one by its id. */
function Choose({ a }: { a: string }) {
  const [id, setId] = useState('');
  const state = useHead(a);
  const graphId = state.value?.graph_id;
  const runs = useLoaded(
    async (signal) =>
      graphId === undefined
        ? undefined
        : getJson<RunList>(`graph/runs?graph_id=${encodeURIComponent(graphId)}&limit=${CHOICES}`, signal),
    [graphId],
  );
  const open = (event: Event): void => {
    event.preventDefault();
    location.hash = addressOf(a, id.trim());
  };
  const others = runs.value?.runs.filter(({ run_id }) => run_id !== a);
  return (
    <Panel title="With which run?">
      <Failure message={state.error ?? runs.error} />
      <form class="filters" onSubmit={open}>
        <div class="field">
          <label for="other-run">Run id</label>
          <input id="other-run" required value={id} onInput={(event) => setId(event.currentTarget.value)} />
        </div>
        <div class="buttons">
          <button type="submit" class="primary">
            Compare
          </button>
        </div>
      </form>
      {others?.length === 0 ? <p class="quiet">The graph has no other runs.</p> : null}
      <ul class="branches">
        {others?.map((run) => (
          <Choice key={run.run_id} a={a} run={run} />
        ))}
      </ul>
    </Panel>
  );
}

function Choice({ a, run }: { a: string; run: RunSummary }) {
  return (
    <li>
      <Status status={run.status} />
      <a href={addressOf(a, run.run_id)}>
        with <code>{shortId(run.run_id)}</code>
      </a>
      <span class="quiet">
        v{run.graph_version}, <Ago iso={run.submitted_at} />
      </span>
    </li>
  );
}

function addressOf(a: string, b: string): string {
  return `#/runs/${encodeURIComponent(a)}/compare/${encodeURIComponent(b)}`;
}

function Compared({ a, b }: { a: string; b: string }) {
  const path = `graph/runs/${encodeURIComponent(a)}/diff/${encodeURIComponent(b)}`;
  const difference = useLoaded((signal) => getJson<RunDiff>(path, signal), [path]);
  const first = difference.value?.first_divergence;
  return (
    <>
      <Failure message={difference.error} />
      {difference.value === undefined ? null : (
        <p class="verdict" role="status">
          {first
            ? `They part at step ${first.step}: ${partOf(first.a)}; ${partOf(first.b)}.`
            : 'Both took the same way.'}
        </p>
      )}
      <div class="columns halves">
        <Side id={a} from={first?.step} title="This run" />
        <Side id={b} from={first?.step} title="The other" />
      </div>
      {difference.value === undefined ? null : <DifferentData rows={difference.value.data} />}
      <p>
        <a href={`#/runs/${encodeURIComponent(a)}/compare`}>Compare with another run</a>
      </p>
    </>
  );
}

function partOf(point: StepPoint | null): string {
  if (point === null) return 'one of them has ended';
  return `${point.node} ${point.status.toLowerCase()}${point.to_node === null ? '' : `, and went to ${point.to_node}`}`;
}

/** One of the runs: how it ended, and its way. */
function Side({ id, from, title }: { id: string; from: number | undefined; title: string }) {
  const state = useHead(id);
  const steps = useLoaded(
    (signal) => getJson<StepList>(`graph/runs/${encodeURIComponent(id)}/steps?limit=${SHOWN_STEPS}`, signal),
    [id],
  );
  const { value } = state;
  return (
    <Panel title={title} aside={<RunLink id={id} />}>
      <Failure message={state.error ?? steps.error} />
      {value === undefined ? null : (
        <p class="summary-line">
          <Status status={value.status} />
          <span class="quiet">
            v{value.graph_version}, <Ago iso={value.submitted_at} />
          </span>
        </p>
      )}
      {value?.error ? <p class="message bad">{value.error.message}</p> : null}
      <ol class="way">
        {steps.value?.steps.map((step) => (
          <Way key={step.step} step={step} isApart={from !== undefined && step.step >= from} />
        ))}
      </ol>
      {steps.value?.next_cursor ? <p class="quiet">The first {SHOWN_STEPS} steps are shown.</p> : null}
    </Panel>
  );
}

function Way({ step, isApart }: { step: Step; isApart: boolean }) {
  return (
    <li value={step.step} class={isApart ? 'apart' : ''}>
      {step.node} {step.status === 'COMPLETED' ? null : <Status status={step.status} />}
    </li>
  );
}

function DifferentData({ rows }: { rows: RunDiff['data'] }) {
  if (rows.length === 0) return <p>Their data is the same.</p>;
  return (
    <Panel title="Data that differs">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard (WCAG 2.1.1). */}
      <section class="scroll" aria-label="Table of differences" tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th scope="col">In data</th>
              <th scope="col">This run</th>
              <th scope="col">The other</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row.pointer}>
                <td>
                  <code>{row.pointer}</code>
                </td>
                <Value row={row} side="a" />
                <Value row={row} side="b" />
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </Panel>
  );
}

/** What one of the runs has there. Of what is too large, what it is. */
function Value({ row, side }: { row: DataDifference; side: 'a' | 'b' }) {
  if (!(side in row)) return <td class="quiet">none</td>;
  return (
    <td>
      {row.cut?.includes(side) ? 'Too large to be shown: ' : ''}
      <code>{brief(row[side], 300)}</code>
    </td>
  );
}

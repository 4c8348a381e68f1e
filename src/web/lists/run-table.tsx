import { duration, elapsed, shortId } from '../format.js';
import { useTick } from '../hooks.js';
import { WAITS } from '../kinds.js';
import { Ago, branchName, Status } from '../parts.js';
import { FINISHED } from '../types.js';
import type { RunSummary } from '../wire-types.js';

/** Runs as a table; each leads to its page. */
export function RunTable(props: {
  runs: readonly RunSummary[] | undefined;
  withGraph: boolean;
  /** Runs that are parts of one run: which of them each is. */
  withIndex?: boolean;
  /** Those that something is done to; without it, nothing can be. */
  chosen?: ReadonlySet<string>;
  onChoose?: (chosen: ReadonlySet<string>) => void;
}) {
  const { runs, withGraph, withIndex = false, chosen, onChoose } = props;
  useTick(runs?.some(({ status }) => !FINISHED.has(status)) ?? false);
  if (runs === undefined) return <p class="quiet">Loading…</p>;
  if (runs.length === 0) return <p class="quiet">No runs.</p>;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard (WCAG 2.1.1).
    <section class="scroll" aria-label="Table of runs" tabIndex={0}>
      <table class="runs">
        <thead>
          <tr>
            {onChoose === undefined ? null : (
              <th scope="col">
                <input
                  type="checkbox"
                  aria-label="Choose all runs of this page"
                  checked={runs.every(({ run_id }) => chosen?.has(run_id))}
                  onInput={(event) =>
                    onChoose(new Set(event.currentTarget.checked ? runs.map(({ run_id }) => run_id) : []))
                  }
                />
              </th>
            )}
            <th scope="col">Status</th>
            {withIndex ? <th scope="col">Branch</th> : null}
            <th scope="col">Run</th>
            {withGraph ? <th scope="col">Graph</th> : null}
            <th scope="col">Submitted</th>
            <th scope="col" class="number">
              Took
            </th>
            <th scope="col" class="notes">
              Notes
            </th>
          </tr>
        </thead>
        <tbody>
          {runs.map((run) => (
            <RunRow
              key={run.run_id}
              run={run}
              withGraph={withGraph}
              withIndex={withIndex}
              isChosen={chosen?.has(run.run_id) ?? false}
              onChoose={onChoose === undefined ? undefined : (is) => onChoose(withRun(chosen, run.run_id, is))}
            />
          ))}
        </tbody>
      </table>
    </section>
  );
}

function withRun(chosen: ReadonlySet<string> = new Set(), runId: string, isIn: boolean): ReadonlySet<string> {
  const others = [...chosen].filter((each) => each !== runId);
  return new Set(isIn ? [...others, runId] : others);
}

/** Time in line that is said, in milliseconds. */
const NOTED_QUEUE_MS = 1000;

interface RowProps {
  readonly run: RunSummary;
  readonly withGraph: boolean;
  readonly withIndex: boolean;
  readonly isChosen: boolean;
  readonly onChoose: ((isChosen: boolean) => void) | undefined;
}

function RunRow({ run, withGraph, withIndex, isChosen, onChoose }: RowProps) {
  return (
    <tr>
      {onChoose === undefined ? null : (
        <td>
          <input
            type="checkbox"
            aria-label={`Choose run ${shortId(run.run_id)}`}
            checked={isChosen}
            onInput={(event) => onChoose(event.currentTarget.checked)}
          />
        </td>
      )}
      <td>
        <Status status={run.status} />
      </td>
      {withIndex ? <td>{branchName(run)}</td> : null}
      <td class="nowrap">
        <a href={`#/runs/${run.run_id}`} title={run.run_id}>
          <code>{shortId(run.run_id)}</code>
        </a>
      </td>
      {withGraph ? (
        <td class="nowrap">
          <a class="cut" href={`#/graphs/${encodeURIComponent(run.graph_id)}`} title={run.graph_id}>
            {run.graph_id}
          </a>
          <span class="quiet"> v{run.graph_version}</span>
        </td>
      ) : null}
      <td class="nowrap">
        <Ago iso={run.submitted_at} />
      </td>
      <td class="number nowrap">{elapsed(run.started_at, run.finished_at)}</td>
      <td class="notes">
        <Notes run={run} />
      </td>
    </tr>
  );
}

/** What it waits for, what failed in it, how long it stood in line, and its metadata. */
function Notes({ run }: { run: RunSummary }) {
  const { error, waiting_for: waitsFor } = run;
  const metadata = Object.entries(run.metadata).map(([key, value]) => `${key}=${value}`);
  const queued = run.started_at === null ? 0 : Date.parse(run.started_at) - Date.parse(run.submitted_at);
  return (
    <>
      {waitsFor === null ? null : <span>for {WAITS[waitsFor].name} </span>}
      {run.paused && waitsFor !== 'paused' ? <span>paused </span> : null}
      {error === null ? null : (
        <span class="bad">
          {error.node === null ? '' : `${error.node}: `}
          <code>{error.code}</code> {error.message.slice(0, 120)}{' '}
        </span>
      )}
      {queued < NOTED_QUEUE_MS ? null : <span class="quiet">in line for {duration(queued)} </span>}
      <span class="quiet">{metadata.join(' ')}</span>
    </>
  );
}

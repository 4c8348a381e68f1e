import { useState } from 'preact/hooks';
import { getJson } from '../api.js';
import { duration, elapsed } from '../format.js';
import { useLoaded } from '../hooks.js';
import { WAITS } from '../kinds.js';
import { branchName, Failure, Panel, Status } from '../parts.js';
import { FINISHED } from '../types.js';
import type { Children, RunList, RunState, RunSummary } from '../wire-types.js';
import { isFinished } from './use-run.js';

const REFRESH_MS = 2000;
const PAGE = 50;
/** Fewer say nothing about the rest. */
const MIN_FOR_ESTIMATE = 5;
/** How far the times of branches may lie apart: their deviation, as a part of their mean. */
const MAX_SPREAD = 0.5;

/** The runs inside a run: how far they are, which have failed, and when the rest may have ended. */
export function Progress({ state }: { state: RunState }) {
  const [count, setCount] = useState(PAGE);
  const id = encodeURIComponent(state.run_id);
  const path = `graph/runs?parent_run_id=${id}`;
  const everyMs = isFinished(state) ? undefined : REFRESH_MS;
  const deps = [id, state.status, state.waiting?.id, count];
  const failed = useLoaded((signal) => getJson<RunList>(`${path}&status=FAILED&limit=${PAGE}`, signal), deps, everyMs);
  const all = useLoaded((signal) => getJson<RunList>(`${path}&limit=${count}`, signal), deps, everyMs);
  const runs = orderOf(failed.value?.runs ?? [], all.value?.runs ?? []);
  if (runs.length === 0) return <Failure message={all.error} />;
  const left = remainingOf(state.children, runs);
  return (
    <Panel title="Branches and runs inside" aside={<a href={`#/runs?parent_run_id=${id}`}>As a list</a>}>
      {state.children === null ? null : <Bar children={state.children} />}
      {left === undefined ? null : <p class="quiet">{left}</p>}
      <ul class="branches">
        {runs.map((run) => (
          <Branch key={run.run_id} run={run} isOther={run.graph_id !== state.graph_id} />
        ))}
      </ul>
      {all.value?.next_cursor && count < 200 ? (
        <button type="button" onClick={() => setCount(Math.min(200, count + PAGE))}>
          Show more
        </button>
      ) : null}
    </Panel>
  );
}

/** Those that failed come first, then those under way, then the others by their numbers. */
export function orderOf(failed: readonly RunSummary[], runs: readonly RunSummary[]): readonly RunSummary[] {
  const known = new Map([...failed, ...runs].map((run) => [run.run_id, run]));
  const rank = ({ status }: RunSummary): number => (status === 'FAILED' ? 0 : FINISHED.has(status) ? 2 : 1);
  return [...known.values()].sort((a, b) => rank(a) - rank(b) || (a.child_index ?? 0) - (b.child_index ?? 0));
}

const PARTS = [
  ['completed', 'done'],
  ['failed', 'failed'],
  ['running', 'running'],
  ['waiting', 'waiting'],
] as const;

function Bar({ children }: { children: Children }) {
  const { total } = children;
  const begun = PARTS.reduce((sum, [part]) => sum + children[part], 0);
  const words = [
    ...PARTS.flatMap(([part, word]) => (children[part] === 0 ? [] : [`${children[part]} ${word}`])),
    ...(total > begun ? [`${total - begun} not begun`] : []),
  ].join(', ');
  return (
    <>
      <p>
        <strong>
          {children.completed + children.failed} of {total}
        </strong>{' '}
        <span class="quiet">{words}</span>
      </p>
      <div class="progress" role="img" aria-label={`Of ${total}: ${words}`}>
        {PARTS.map(([part]) => (
          <span
            key={part}
            class={`progress-part status-fill-${part}`}
            style={{ width: `${(children[part] / Math.max(1, total)) * 100}%` }}
          />
        ))}
      </div>
    </>
  );
}

function Branch({ run, isOther }: { run: RunSummary; isOther: boolean }) {
  const { error } = run;
  return (
    <li>
      <Status status={run.status} />
      <span class="branch-what">
        <a href={`#/runs/${run.run_id}`}>{branchName(run)}</a>
        {isOther ? <span class="quiet"> {run.graph_id}</span> : null}
        {error === null ? null : (
          <span class="bad">
            {' '}
            {error.node === null ? '' : `${error.node}: `}
            <code>{error.code}</code> {error.message.slice(0, 300)}
          </span>
        )}
        {run.waiting_for === null ? null : <span class="quiet"> for {WAITS[run.waiting_for].name}</span>}
      </span>
      <span class="number nowrap">{elapsed(run.started_at, run.finished_at)}</span>
    </li>
  );
}

/**
 * How long the rest may take, where that can be said: enough branches have ended, they took about the same, and none waits.
 * `undefined` otherwise.
 */
export function remainingOf(
  children: Children | null,
  runs: readonly Pick<RunSummary, 'started_at' | 'finished_at' | 'status'>[],
): string | undefined {
  if (children === null || children.waiting > 0 || children.running === 0) return undefined;
  const times = runs.flatMap(({ started_at: from, finished_at: to, status }) =>
    status === 'COMPLETED' && from !== null && to !== null ? [Date.parse(to) - Date.parse(from)] : [],
  );
  if (times.length < MIN_FOR_ESTIMATE) return undefined;
  const mean = times.reduce((sum, time) => sum + time, 0) / times.length;
  const deviation = Math.sqrt(times.reduce((sum, time) => sum + (time - mean) ** 2, 0) / times.length);
  if (deviation > MAX_SPREAD * mean) return undefined;
  const open = children.total - children.completed - children.failed;
  const rounds = Math.ceil(open / children.running);
  return `About ${duration(Math.max(1000, rounds * mean))} left, if the rest takes as long as the ${times.length} that have ended.`;
}

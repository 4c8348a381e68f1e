import { useMemo, useState } from 'preact/hooks';
import { getJson } from '../api.js';
import { elapsed } from '../format.js';
import { useLoaded } from '../hooks.js';
import { WAITS } from '../kinds.js';
import { branchName, Failure, Panel, Status } from '../parts.js';
import type { Children, RunList, RunState, RunSummary } from '../wire-types.js';
import { orderOf, remainingOf } from './estimate.js';

const REFRESH_MS = 2000;
const PAGE = 50;
/** Runs inside that are shown at most; the list has all of them. */
const MOST = 200;

/** The runs inside a run that are read: the failed ones, and the latest. */
export interface Inside {
  readonly runs: readonly RunSummary[];
  readonly error: string | undefined;
  /** Reads more of them; undefined if these are all, or as many as can be shown. */
  readonly readMore: (() => void) | undefined;
}

/** Reads the runs inside a run, and again while they are under way. @param hasSome false while the run has begun none */
export function useInside(state: RunState, hasSome: boolean): Inside {
  const [count, setCount] = useState(PAGE);
  const path = `graph/runs?parent_run_id=${encodeURIComponent(state.run_id)}`;
  const isUnderWay = state.waiting !== null && WAITS[state.waiting.kind].hasChildren;
  const everyMs = isUnderWay ? REFRESH_MS : undefined;
  const deps = [path, hasSome, state.status, state.waiting?.id, count];
  const read = (query: string) => async (signal: AbortSignal) =>
    hasSome ? getJson<RunList>(`${path}&${query}`, signal) : undefined;
  const failed = useLoaded(read(`status=FAILED&limit=${PAGE}`), deps, everyMs);
  const all = useLoaded(read(`limit=${count}`), deps, everyMs);
  const hasMore = Boolean(all.value?.next_cursor) && count < MOST;
  const runs = useMemo(() => orderOf(failed.value?.runs ?? [], all.value?.runs ?? []), [failed.value, all.value]);
  return { runs, error: all.error, readMore: hasMore ? () => setCount(Math.min(MOST, count + PAGE)) : undefined };
}

/** The runs inside a run: how far they are, which have failed, and when the rest may have ended. */
export function Progress({ state, inside: { runs, error, readMore } }: { state: RunState; inside: Inside }) {
  const id = encodeURIComponent(state.run_id);
  if (runs.length === 0) return <Failure message={error} />;
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
      {readMore === undefined ? null : (
        <button type="button" onClick={readMore}>
          Show more
        </button>
      )}
    </Panel>
  );
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

import { useState } from 'preact/hooks';
import { getJson } from '../api.js';
import { elapsed } from '../format.js';
import { useLoaded } from '../hooks.js';
import { WAITS } from '../kinds.js';
import { branchName, Failure, Panel, Status } from '../parts.js';
import type { Children, RunList, RunState, RunSummary } from '../wire-types.js';
import { orderOf, remainingOf } from './estimate.js';

const REFRESH_MS = 2000;
const PAGE = 50;
/** The runs inside a run: how far they are, which have failed, and when the rest may have ended. */
export function Progress({ state }: { state: RunState }) {
  const [count, setCount] = useState(PAGE);
  const id = encodeURIComponent(state.run_id);
  const path = `graph/runs?parent_run_id=${id}`;
  const isUnderWay = state.waiting !== null && WAITS[state.waiting.kind].hasChildren;
  const everyMs = isUnderWay ? REFRESH_MS : undefined;
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

import { useState } from 'preact/hooks';
import { post } from '../api.js';
import { useAction } from '../hooks.js';
import { counted, Failure } from '../parts.js';
import type { BulkOutcome } from '../wire-types.js';
import { filterOf, searchOf } from './filter.js';

/** What can be done to many runs, and how that is called. */
const ACTIONS = {
  cancel: 'Cancel',
  retry: 'Retry',
  pause: 'Pause',
  unpause: 'Unpause',
  delete: 'Delete',
} as const;

type Action = keyof typeof ACTIONS;

/** Those that end something for good. */
const ENDING: ReadonlySet<Action> = new Set(['cancel', 'delete']);

/** What would be done, or was: to which runs, and why others are left as they are. */
interface Tally {
  readonly action: Action;
  readonly isDry: boolean;
  /** The choice that it is about: with another one, it has to be asked again. */
  readonly choice: string;
  readonly runIds: readonly string[];
  readonly refused: readonly Refused[];
}

/** Runs that are refused for the same reason, with what is said of the first of them. */
interface Refused {
  readonly code: string;
  readonly message: string;
  readonly count: number;
}

/** Runs that one request names at most. */
const AT_A_TIME = 1000;

/**
 * Does the same to the runs that are chosen, or to all that fit the filter. First it is said what would come of it, and then
 * it is done to those runs that were told, and to no others.
 */
export function Bulk(props: {
  chosen: ReadonlySet<string>;
  query: URLSearchParams;
  onDone: () => void;
  clear: () => void;
}) {
  const { chosen, query, onDone, clear } = props;
  const [action, setAction] = useState<Action>('retry');
  const [tally, setTally] = useState<Tally>();
  const choice = JSON.stringify([action, ...chosen, String(query)]);
  const ask = useAction(async () => {
    const runs = chosen.size > 0 ? { run_ids: [...chosen] } : { filter: filterOf(searchOf(query)) };
    await foresee({ action, isDry: true, choice, runIds: [], refused: [] }, runs, setTally);
  });
  const act = useAction(async ({ runIds, ...asked }: Tally) => {
    await changeAll({ ...asked, isDry: false, runIds: [], refused: [] }, runIds, setTally);
    clear();
    onDone();
  });
  const isBusy = ask.busy || act.busy;
  const shown = tally?.isDry && tally.choice !== choice ? undefined : tally;
  const what = chosen.size > 0 ? counted(chosen.size, 'chosen run') : 'all that fit the filter';
  return (
    <details class="bulk">
      <summary>Do the same to many runs</summary>
      <div class="actions">
        <label>
          To {what}:{' '}
          <select
            class="short"
            value={action}
            disabled={isBusy}
            onInput={(event) => setAction(event.currentTarget.value as Action)}
          >
            {Object.entries(ACTIONS).map(([name, words]) => (
              <option key={name} value={name}>
                {words}
              </option>
            ))}
          </select>
        </label>
        <button type="button" onClick={() => ask.run()} disabled={isBusy}>
          What would happen?
        </button>
        {shown?.isDry && shown.runIds.length > 0 && !isBusy ? (
          <button type="button" class={ENDING.has(shown.action) ? 'danger' : 'primary'} onClick={() => act.run(shown)}>
            {ACTIONS[shown.action]} {counted(shown.runIds.length, 'run')}
          </button>
        ) : null}
      </div>
      {shown === undefined ? null : <Result tally={shown} />}
      <Failure message={ask.error ?? act.error} />
    </details>
  );
}

function Result({ tally: { action, isDry, runIds, refused } }: { tally: Tally }) {
  return (
    <div role="status">
      <p>
        {isDry ? 'It would be done to' : `${ACTIONS[action]}: done to`} {counted(runIds.length, 'run')}
        {isDry ? '. Nothing has been done yet.' : '.'}
      </p>
      {refused.length === 0 ? null : (
        <ul>
          {refused.map(({ code, message, count }) => (
            <li key={code}>
              Not to {counted(count, 'run')}: <code>{code}</code>. {count > 1 ? 'One of them: ' : ''}
              {message}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

type Tell = (tally: Tally) => void;

/** Asks page by page until there are no more runs, and tells how far it is. */
async function foresee(start: Tally, runs: object, tell: Tell): Promise<void> {
  let tally = start;
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const body: object = { action: start.action, ...runs, dry_run: true, ...(cursor === undefined ? {} : { cursor }) };
    const { results, next_cursor }: BulkOutcome = await post<BulkOutcome>('graph/runs/bulk', body);
    tally = withResults(tally, results);
    cursor = next_cursor;
    tell(tally);
  }
}

/** Does it to these runs, and tells how far it is. */
async function changeAll(start: Tally, runIds: readonly string[], tell: Tell): Promise<void> {
  let tally = start;
  for (let from = 0; from < runIds.length; from += AT_A_TIME) {
    const body = { action: start.action, run_ids: runIds.slice(from, from + AT_A_TIME) };
    tally = withResults(tally, (await post<BulkOutcome>('graph/runs/bulk', body)).results);
    tell(tally);
  }
}

function withResults(tally: Tally, results: BulkOutcome['results']): Tally {
  const refused = new Map(tally.refused.map((each) => [each.code, each]));
  for (const { error } of results) {
    if (error === undefined) continue;
    const { code, message } = error;
    const known = refused.get(code) ?? { code, message, count: 0 };
    refused.set(code, { ...known, count: known.count + 1 });
  }
  const done = results.flatMap(({ run_id, error }) => (error === undefined ? [run_id] : []));
  return { ...tally, runIds: [...tally.runIds, ...done], refused: [...refused.values()] };
}

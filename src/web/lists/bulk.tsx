import { useState } from 'preact/hooks';
import { post } from '../api.js';
import { useAction } from '../hooks.js';
import { counted, Failure } from '../parts.js';
import { filterOf } from './filter.js';

/** What can be done to many runs, and how that is called. */
const ACTIONS = {
  cancel: 'Cancel',
  retry: 'Retry',
  pause: 'Pause',
  unpause: 'Unpause',
  delete: 'Delete',
} as const;

type Action = keyof typeof ACTIONS;

/** `POST /graph/runs/bulk`, as far as the page shows it. */
interface Outcome {
  readonly results: readonly {
    readonly ok?: true;
    readonly error?: { readonly code: string; readonly message: string };
  }[];
  readonly matched: number;
  readonly next_cursor: string | null;
}

/** What would be done, or was: how many runs, and why others are left as they are. */
interface Tally {
  readonly action: Action;
  readonly isDry: boolean;
  readonly done: number;
  /** By the sentence that says why. */
  readonly refused: ReadonlyMap<string, number>;
}

/** Does the same to the runs that are chosen, or to all that fit the filter: first it is said what would come of it. */
export function Bulk(props: {
  chosen: ReadonlySet<string>;
  filter: URLSearchParams;
  onDone: () => void;
  clear: () => void;
}) {
  const { chosen, filter, onDone, clear } = props;
  const [action, setAction] = useState<Action>('retry');
  const [tally, setTally] = useState<Tally>();
  const act = useAction(async (isDry: boolean) => {
    const runs = chosen.size > 0 ? { run_ids: [...chosen] } : { filter: filterOf(filter) };
    setTally(await changeAll(action, runs, isDry, setTally));
    if (isDry) return;
    clear();
    onDone();
  });
  const choose = (event: { currentTarget: HTMLSelectElement }): void => {
    setAction(event.currentTarget.value as Action);
    setTally(undefined);
  };
  const what = chosen.size > 0 ? counted(chosen.size, 'chosen run') : 'all that fit the filter';
  return (
    <details class="bulk">
      <summary>Do the same to many runs</summary>
      <div class="actions">
        <label>
          To {what}:{' '}
          <select class="short" value={action} onInput={choose}>
            {Object.entries(ACTIONS).map(([name, words]) => (
              <option key={name} value={name}>
                {words}
              </option>
            ))}
          </select>
        </label>
        <button type="button" onClick={() => act.run(true)} disabled={act.busy}>
          What would happen?
        </button>
        {tally?.isDry && tally.done > 0 && !act.busy ? (
          <button type="button" class="danger" onClick={() => act.run(false)}>
            {ACTIONS[tally.action]} {counted(tally.done, 'run')}
          </button>
        ) : null}
      </div>
      {tally === undefined ? null : <Result tally={tally} />}
      <Failure message={act.error} />
    </details>
  );
}

function Result({ tally: { action, isDry, done, refused } }: { tally: Tally }) {
  return (
    <div role="status">
      <p>
        {isDry ? 'It would be done to' : `${ACTIONS[action]}: done to`} {counted(done, 'run')}
        {isDry ? '. Nothing has been done yet.' : '.'}
      </p>
      {refused.size === 0 ? null : (
        <ul>
          {[...refused].map(([why, count]) => (
            <li key={why}>
              Not to {counted(count, 'run')}: {why}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

/** Goes on until there are no more runs, and tells how far it is. */
async function changeAll(action: Action, runs: object, isDry: boolean, tell: (tally: Tally) => void): Promise<Tally> {
  const refused = new Map<string, number>();
  let done = 0;
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const body: object = { action, ...runs, dry_run: isDry, ...(cursor === undefined ? {} : { cursor }) };
    const { results, next_cursor }: Outcome = await post<Outcome>('graph/runs/bulk', body);
    for (const { error } of results) {
      if (error === undefined) done += 1;
      else refused.set(error.message, (refused.get(error.message) ?? 0) + 1);
    }
    cursor = next_cursor;
    tell({ action, isDry, done, refused });
  }
  return { action, isDry, done, refused };
}

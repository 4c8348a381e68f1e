import { useState } from 'preact/hooks';
import { post } from '../api.js';
import { useAction } from '../hooks.js';
import { loadCronWords } from '../load-cron-words.js';
import { Failure } from '../parts.js';
import type { ScheduleInstants } from '../wire-types.js';
import { Instants } from './schedules.js';

interface Trial {
  readonly words: string | undefined;
  readonly next: readonly string[];
}

/** A form that says what a cron pattern means, before a schedule is made with it. */
export function CronTrial() {
  const [trial, setTrial] = useState<Trial>();
  const preview = useAction(async (cron: string, zone: string) => {
    setTrial(undefined);
    const body = { cron, time_zone: zone };
    const [{ next }, inWords] = await Promise.all([post<ScheduleInstants>('schedules/preview', body), loadCronWords()]);
    setTrial({ words: inWords(cron), next });
  });
  const submit = (event: Event): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    preview.run(String(form.get('cron')).trim(), String(form.get('zone')).trim());
  };
  return (
    <details class="panel">
      <summary>Try a cron pattern</summary>
      <form class="filters" onSubmit={submit}>
        <div class="field">
          <label for="trial-cron">Cron pattern</label>
          <input id="trial-cron" name="cron" required spellcheck={false} placeholder="0 9 * * MON-FRI" />
        </div>
        <div class="field">
          <label for="trial-zone">Time zone</label>
          <input
            id="trial-zone"
            name="zone"
            required
            spellcheck={false}
            defaultValue={Intl.DateTimeFormat().resolvedOptions().timeZone}
          />
        </div>
        <div class="buttons">
          <button type="submit" disabled={preview.busy}>
            Explain
          </button>
        </div>
      </form>
      <Failure message={preview.error} />
      <div role="status" aria-label="What it means">
        {trial === undefined ? null : (
          <>
            {trial.words === undefined ? null : <p>{trial.words}</p>}
            <Instants instants={trial.next} />
          </>
        )}
      </div>
    </details>
  );
}

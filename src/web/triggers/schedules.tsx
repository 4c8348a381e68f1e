import { getJson, post, put } from '../api.js';
import { pretty, span } from '../format.js';
import { useAction, useLoaded, useTick } from '../hooks.js';
import { OVERLAPS, SCHEDULE_OUTCOMES } from '../kinds.js';
import { RunTable } from '../lists/run-table.js';
import { type CronWords, loadCronWords } from '../load-cron-words.js';
import { Ago, Code, Fact, Failure, Heading, Panel, RunLink, Time } from '../parts.js';
import type { LastOccurrence, ListedSchedule, RunList, Schedule, ScheduleList, StartedRun } from '../wire-types.js';
import { CronTrial } from './cron-trial.js';
import { replaceSchedule, SCHEDULE_EXAMPLE } from './documents.js';
import { Badge, Empty, EnabledBadge, Item, pathOfPage, Toggle, usePages } from './parts.js';

const REFRESH_MS = 2000;
const PAGE = '50';

/** All schedules: when each is due, and what became of the last time. */
export function SchedulesView({ graphId }: { graphId: string | undefined }) {
  const { cursor, buttons } = usePages();
  const path = pathOfPage('schedules', { graph_id: graphId, limit: PAGE, cursor });
  // The words come with the rows, or the rows would move when they come.
  const { value, error, reload } = useLoaded(
    (signal) => Promise.all([getJson<ScheduleList>(path, signal), loadCronWords()]),
    [path],
    REFRESH_MS,
  );
  useTick(true);
  const [list, inWords] = value ?? [];
  return (
    <>
      <Heading>Schedules</Heading>
      {graphId === undefined ? null : (
        <p>
          Of <a href={`#/graphs/${encodeURIComponent(graphId)}`}>{graphId}</a>
        </p>
      )}
      <Failure message={error} />
      {list === undefined && error === undefined ? <p class="quiet">Loading…</p> : null}
      {list?.schedules.length === 0 && cursor === undefined ? (
        <Empty examples={[SCHEDULE_EXAMPLE]}>
          <p>A schedule starts runs of a graph at certain times. There is none yet. This makes one:</p>
        </Empty>
      ) : null}
      <ul class="items">
        {list?.schedules.map((schedule) => (
          <ScheduleItem key={schedule.schedule_id} schedule={schedule} inWords={inWords} onChange={reload} />
        ))}
      </ul>
      {buttons(list?.next_cursor)}
      <CronTrial />
    </>
  );
}

/** Reads the schedule first: lists have no input, and what a PUT omits is gone. */
async function setEnabled(scheduleId: string, enabled: boolean): Promise<void> {
  const path = `schedules/${encodeURIComponent(scheduleId)}`;
  await put(path, replaceSchedule(await getJson<Schedule>(path), enabled));
}

interface ScheduleProps<S> {
  readonly schedule: S;
  readonly inWords: CronWords | undefined;
  readonly onChange: () => void;
}

function ScheduleItem({ schedule, inWords, onChange }: ScheduleProps<ListedSchedule>) {
  const { schedule_id: id, enabled } = schedule;
  const toggle = useAction(() => setEnabled(id, !enabled).then(onChange));
  return (
    <Item
      heading={<a href={`#/schedules/${encodeURIComponent(id)}`}>{id}</a>}
      aside={
        <>
          <EnabledBadge enabled={enabled} />
          <Toggle name={id} enabled={enabled} busy={toggle.busy} change={toggle.run} />
        </>
      }
      error={toggle.error}
    >
      <ScheduleFacts schedule={schedule} inWords={inWords} />
    </Item>
  );
}

function ScheduleFacts({ schedule, inWords }: Omit<ScheduleProps<ListedSchedule>, 'onChange'>) {
  const { graph_id, version, enabled, next, last } = schedule;
  return (
    <dl class="facts">
      <Fact name="When">
        <Timing schedule={schedule} inWords={inWords} />
      </Fact>
      <Fact name="Graph">
        <a href={`#/graphs/${encodeURIComponent(graph_id)}`}>{graph_id}</a>
        <span class="quiet"> {version === null ? 'latest version' : `v${version}`}</span>
      </Fact>
      <Fact name="Next">{enabled ? <Ago iso={next[0] ?? null} /> : <span class="quiet">not while disabled</span>}</Fact>
      <Fact name="Last">{last === null ? <span class="quiet">none yet</span> : <Last last={last} />}</Fact>
    </dl>
  );
}

/** When a schedule is due, in words if there are right ones, and as it was written. */
function Timing({ schedule, inWords }: Omit<ScheduleProps<ListedSchedule>, 'onChange'>) {
  const { cron, every_seconds: seconds, time_zone: zone } = schedule;
  if (cron === null) return <span>Every {span(seconds ?? 0)}</span>;
  return (
    <>
      {inWords?.(cron)} <code>{cron}</code> <span class="quiet">{zone}</span>
    </>
  );
}

function Last({ last }: { last: LastOccurrence }) {
  const { text, tone } = SCHEDULE_OUTCOMES[last.outcome];
  return (
    <>
      <Badge tone={tone} text={text} /> <Ago iso={last.instant} />{' '}
      {last.run_id === null ? null : <RunLink id={last.run_id} />}
      {last.message === null ? null : <p class="message quiet">{last.message}</p>}
      {last.passed_over === 0 ? null : <span class="quiet"> {last.passed_over} before it came to nothing</span>}
    </>
  );
}

/** One schedule: its next times, its last runs, and its definition. */
export function ScheduleView({ scheduleId }: { scheduleId: string }) {
  const path = `schedules/${encodeURIComponent(scheduleId)}`;
  const { value, error, reload } = useLoaded(
    (signal) => Promise.all([getJson<Schedule>(path, signal), loadCronWords()]),
    [path],
    REFRESH_MS,
  );
  useTick(true);
  return (
    <>
      <Heading>
        Schedule <code>{scheduleId}</code>
      </Heading>
      <Failure message={error} />
      {value === undefined ? null : <ScheduleDetails schedule={value[0]} inWords={value[1]} onChange={reload} />}
    </>
  );
}

function ScheduleDetails({ schedule, inWords, onChange }: ScheduleProps<Schedule>) {
  const { schedule_id: id, enabled, next } = schedule;
  const path = `schedules/${encodeURIComponent(id)}`;
  const query = new URLSearchParams({ started_by: `schedule:${id}` });
  const runs = useLoaded((signal) => getJson<RunList>(`graph/runs?${query}&limit=10`, signal), [id], REFRESH_MS);
  const toggle = useAction(() => setEnabled(id, !enabled).then(onChange));
  const start = useAction(async () => {
    const { run_id } = await post<StartedRun>(`${path}/trigger`);
    location.hash = `#/runs/${run_id}`;
  });
  return (
    <>
      <section class="summary" aria-label="Summary">
        <p class="summary-line">
          <EnabledBadge enabled={enabled} />
        </p>
        <ScheduleFacts schedule={schedule} inWords={inWords} />
        <div class="actions">
          <Toggle name={id} enabled={enabled} busy={toggle.busy} change={toggle.run} />
          <button type="button" onClick={start.run} disabled={start.busy}>
            Start a run now
          </button>
          <Failure message={toggle.error ?? start.error} />
        </div>
      </section>
      <div class="columns">
        <Panel title="Next times">
          {enabled ? <Instants instants={next} /> : <p class="quiet">None while it is disabled.</p>}
          <p class="quiet">{OVERLAPS[schedule.overlap]}</p>
        </Panel>
        <div>
          <Panel title="Latest runs" aside={<a href={`#/runs?${query}`}>All runs</a>}>
            <RunTable runs={runs.value?.runs} withGraph={false} />
            <Failure message={runs.error} />
          </Panel>
          <details class="panel">
            <summary>Definition</summary>
            <Code text={pretty(replaceSchedule(schedule, enabled))} label="Definition" />
          </details>
        </div>
      </div>
    </>
  );
}

/** Instants in the visitor's own time zone, and how far away they are. */
export function Instants({ instants }: { instants: readonly string[] }) {
  return (
    <ol class="instants">
      {instants.map((instant) => (
        <li key={instant}>
          <Time iso={instant} />{' '}
          <span class="quiet">
            <Ago iso={instant} />
          </span>
        </li>
      ))}
    </ol>
  );
}

import type { ComponentChildren } from 'preact';
import { useMemo, useRef, useState } from 'preact/hooks';
import { post } from '../api.js';
import { elapsed, pretty, shortId } from '../format.js';
import { useAction, useLoaded } from '../hooks.js';
import { timedLinesOf } from '../journal/lines.js';
import { stepsAt, stepsOf } from '../journal/steps.js';
import { Code, counted, Fact, Failure, Heading, Panel, Status, Time } from '../parts.js';
import { Changed, changedBy } from '../run/data.js';
import { DataTree } from '../run/data-tree.js';
import { Inspector } from '../run/inspector.js';
import { Logs } from '../run/logs.js';
import { spansOf } from '../run/spans.js';
import { Steps } from '../run/steps.js';
import { Timeline } from '../run/timeline.js';
import { FINISHED } from '../types.js';
import type { Replay, StartedRun } from '../wire-types.js';
import type { Capsule, CapsuleChild, CapsuleGraph } from './capsule-document.js';
import { checkDigest, type DigestCheck } from './digest.js';
import { type Opened, readFile, useOpenCapsule } from './opener.js';
import { ReplayResult } from './replay.js';

/** A run in a file. The server knows nothing of it, and needs not. */
export function CapsuleView({ opened }: { opened: Opened | undefined }) {
  const reading = opened?.reading;
  if (reading !== undefined && 'capsule' in reading) return <CapsuleRun capsule={reading.capsule} />;
  return (
    <>
      <Heading>Capsule</Heading>
      <section class="panel empty" aria-label="Open a capsule">
        {reading === undefined ? null : (
          <p class="failure" role="alert">
            <strong>{opened?.name}</strong>: {reading.problem}
          </p>
        )}
        <p>
          A capsule is one run in one file: its graph, all that happened, and the runs inside it. Drop one anywhere on
          this page, or choose it here. It stays in this tab: nothing is stored or sent until you press a button.
        </p>
        <p>You get one from the page of a run, with “Download capsule”.</p>
        <OpenFile text="Open a capsule" />
      </section>
    </>
  );
}

function OpenFile({ text }: { text: string }) {
  const open = useOpenCapsule();
  const input = useRef<HTMLInputElement>(null);
  const choose = async (): Promise<void> => {
    const file = input.current?.files?.[0];
    if (file !== undefined) open(await readFile(file));
  };
  return (
    <>
      <input ref={input} type="file" accept=".json,application/json" hidden onChange={choose} />
      <button type="button" onClick={() => input.current?.click()}>
        {text}
      </button>
    </>
  );
}

function CapsuleRun({ capsule }: { capsule: Capsule }) {
  const { run, events, children, graphs, exportedAt } = capsule;
  const steps = stepsAt(stepsOf(events), exportedAt);
  const lines = timedLinesOf(events);
  const spans = useMemo(() => spansOf(events), [events]);
  const [selected, setSelected] = useState(0);
  const step = steps.find((each) => each.step === selected);
  const [replayed, setReplayed] = useState<Replay>();
  return (
    <>
      <Heading>
        Capsule of run <code title={run.runId}>{shortId(run.runId)}</code>
      </Heading>
      <Head capsule={capsule} onReplayed={setReplayed} />
      {run.error === null ? null : <CapsuleError error={run.error} />}
      {replayed === undefined ? null : <ReplayResult replayed={replayed} />}
      <div class={step === undefined ? '' : 'columns beside'}>
        <Panel title="Timeline">
          <Timeline spans={spans} now={nowOf(capsule)} selected={step?.step} onSelect={setSelected} />
        </Panel>
        {step === undefined ? null : (
          <Inspector key={step.step} step={step} events={events} spans={spans} onClose={() => setSelected(0)} />
        )}
      </div>
      <div class="columns">
        <div>
          <Panel title="Data" aside={<Changed steps={steps} />}>
            <DataTree data={run.data} events={events} changed={changedBy(steps)} onSelect={setSelected} />
          </Panel>
          <details class="panel">
            <summary>Input and settings</summary>
            <Code text={pretty(events[0]?.input_data ?? null)} label="Input" />
            <Code text={pretty({ metadata: events[0]?.metadata, limits: events[0]?.limits })} label="Settings" />
          </details>
          {graphs.map((graph) => (
            <Definition key={`${graph.graphId} ${graph.version}`} graph={graph} />
          ))}
        </div>
        <div>
          <Panel title="Steps" aside={<span class="quiet">{counted(steps.length, 'step')}</span>}>
            <Steps steps={steps} />
          </Panel>
          {children.length === 0 ? null : (
            <Panel title="Runs inside this one">
              <Inside runs={children} exportedAt={exportedAt} />
            </Panel>
          )}
          <Panel title="Logs" aside={<span class="quiet">{counted(lines.length, 'line')}</span>}>
            <Logs lines={lines} name={run.runId} />
          </Panel>
        </div>
      </div>
    </>
  );
}

/** When what goes on in a capsule was looked at. */
function nowOf({ exportedAt, events }: Capsule): number {
  return Date.parse(exportedAt ?? events.at(-1)?.time ?? '');
}

/** The capsule at a glance, and what the server can do with it. */
function Head({ capsule, onReplayed }: { capsule: Capsule; onReplayed: (replayed: Replay) => void }) {
  const { run, events, exportedAt, release, document } = capsule;
  const replay = useAction(async () => onReplayed(await post<Replay>('graph/replay', { capsule: document })));
  const importRun = useAction(async (goesOn: boolean) => {
    const { run_id } = await post<StartedRun>('graph/runs/import', { capsule: document, continue: goesOn });
    location.hash = `#/runs/${run_id}`;
  });
  const submittedAt = events[0]?.time ?? null;
  const startedAt = events.find(({ type }) => type === 'run.started')?.time ?? null;
  const endedAt = FINISHED.has(run.status) ? (events.at(-1)?.time ?? null) : exportedAt;
  return (
    <section class="summary" aria-label="Summary">
      <p class="summary-line">
        <Status status={run.status} />
        <span class="quiet">from a file; the server need not have this run</span>
      </p>
      <dl class="facts">
        <Fact name="Graph">
          {run.graphId} v{run.graphVersion}
        </Fact>
        <Fact name="Submitted">
          <Time iso={submittedAt} />
        </Fact>
        <Fact name="Took">{endedAt === null ? '–' : elapsed(startedAt, endedAt)}</Fact>
        <Fact name="Exported">
          <Time iso={exportedAt} />
          {release === null ? null : <span class="quiet"> by release {release}</span>}
        </Fact>
        <Fact name="Run id">
          <code>{run.runId}</code>
        </Fact>
        <Fact name="Digest">
          <Digest capsule={capsule} />
        </Fact>
      </dl>
      <div class="actions">
        <button type="button" class="primary" onClick={replay.run} disabled={replay.busy}>
          Replay
        </button>
        <button type="button" onClick={() => importRun.run(false)} disabled={importRun.busy}>
          Import
        </button>
        {FINISHED.has(run.status) ? null : (
          <button type="button" onClick={() => importRun.run(true)} disabled={importRun.busy}>
            Import and go on
          </button>
        )}
        <OpenFile text="Open another capsule" />
        <Failure message={replay.error ?? importRun.error} />
      </div>
    </section>
  );
}

const CHECKS: Readonly<Record<DigestCheck, ComponentChildren>> = {
  fits: <span class="good">✓ it fits what the capsule holds</span>,
  differs: <span class="bad">✕ it does not fit: the capsule was changed, or cut, after it was made</span>,
  unchecked: <span class="quiet">not checked here; “Replay” and “Import” do</span>,
};

/** Whether the capsule is as it was made. */
function Digest({ capsule }: { capsule: Capsule }) {
  const { value } = useLoaded((signal) => checkDigest(capsule, signal), [capsule]);
  const { digest } = capsule;
  if (digest === null) return <span class="bad">none: nobody can say whether it was changed</span>;
  return (
    <>
      <code title={digest}>{digest.slice(0, 19)}…</code>{' '}
      <span role="status">{value === undefined ? <span class="quiet">checking…</span> : CHECKS[value]}</span>
    </>
  );
}

function CapsuleError({ error }: { error: NonNullable<Capsule['run']['error']> }) {
  return (
    <section class="banner banner-bad" aria-label="Error">
      <p>
        <strong>{error.node ? `Failed at ${error.node}` : 'The run failed'}</strong> <code>{error.code}</code>
      </p>
      <p class="message">{error.message}</p>
    </section>
  );
}

function Definition({ graph: { graphId, version, definition } }: { graph: CapsuleGraph }) {
  const title = `Definition of ${graphId} v${version}`;
  return (
    <details class="panel">
      <summary>{title}</summary>
      <Code text={pretty(definition)} label={title} />
    </details>
  );
}

function Inside({ runs, exportedAt }: { runs: readonly CapsuleChild[]; exportedAt: string | null }) {
  return (
    <>
      {runs.map((run, index) => (
        <InsideRun key={run.runId} run={run} part={index + 1} exportedAt={exportedAt} />
      ))}
    </>
  );
}

/** A run inside the run. Its steps are read when it is opened. */
function InsideRun(props: { run: CapsuleChild; part: number; exportedAt: string | null }) {
  const { run, part, exportedAt } = props;
  const [open, setOpen] = useState(false);
  return (
    <details class="inside" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        Branch {part} <code title={run.runId}>{shortId(run.runId)}</code>{' '}
        <span class="quiet">{counted(run.events.length, 'event')}</span>
      </summary>
      {open ? (
        <>
          <Steps steps={stepsAt(stepsOf(run.events), exportedAt)} />
          <Inside runs={run.children} exportedAt={exportedAt} />
        </>
      ) : null}
    </details>
  );
}

import type { ComponentChildren } from 'preact';
import { getJson } from '../api.js';
import type { CapsuleEvent } from '../evidence/capsule-document.js';
import { duration, elapsed, pretty } from '../format.js';
import { useLoaded } from '../hooks.js';
import { Code, Fact, Failure, Panel, Status, Time } from '../parts.js';
import type { CalledWith, RunState, Step, StepList } from '../wire-types.js';
import { plainOf } from './ansi.js';
import { Fork } from './fork.js';
import type { Span } from './spans.js';
import { Why } from './steps.js';

export interface InspectorProps {
  readonly step: Step;
  readonly events: readonly CapsuleEvent[];
  readonly spans: readonly Span[];
  /** Of a run that is on this server: it can be asked what the step was called with, and be forked. */
  readonly state?: RunState;
  readonly onClose: () => void;
}

/** All that is known of one step: what went in, what came out, its attempts, its lines, and why the run went on as it did. */
export function Inspector({ step, events, spans, state, onClose }: InspectorProps) {
  const { patch, error, decision, logs } = step;
  return (
    <Panel
      title={`Step ${step.step}: ${step.node}`}
      class="inspector"
      aside={
        <button type="button" onClick={onClose}>
          Close
        </button>
      }
    >
      <p class="summary-line">
        <Status status={step.status} />
        <span>{elapsed(step.started_at, step.finished_at)}</span>
        {step.answered_by === null ? null : <span class="quiet">answered by {step.answered_by}</span>}
      </p>
      {error === null ? null : (
        <Part title="Error">
          <p class="message bad">
            <code>{error.code}</code> {error.message}
          </p>
          {error.details === undefined ? null : (
            <Code text={pretty(error.details)} label={`Details of the error of step ${step.step}`} />
          )}
        </Part>
      )}
      {state === undefined ? null : <Input step={step} events={events} runId={state.run_id} />}
      <Part title="Output">
        {patch === null ? (
          <p class="quiet">Nothing yet.</p>
        ) : Object.keys(patch).length === 0 ? (
          <p class="quiet">It changed nothing in data.</p>
        ) : (
          <Code text={pretty(patch)} label={`Output of step ${step.step}`} />
        )}
      </Part>
      <Attempts step={step} spans={spans} events={events} />
      {logs.length === 0 ? null : (
        <Part title="Logs">
          <Code text={logs.map(plainOf).join('\n')} label={`Lines of step ${step.step}`} />
        </Part>
      )}
      {decision === null ? null : <Why decision={decision} />}
      <Facts step={step} />
      {state === undefined ? null : <Fork key={step.step} step={step} state={state} events={events} />}
    </Panel>
  );
}

function Part({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <>
      <h3>{title}</h3>
      {children}
    </>
  );
}

function Facts({ step }: { step: Step }) {
  const { input_tokens: input, output_tokens: output, cost_usd: cost } = step.usage;
  return (
    <dl class="facts">
      <Fact name="Began">
        <Time iso={step.started_at} />
      </Fact>
      <Fact name="Ended">
        <Time iso={step.finished_at} />
      </Fact>
      {input + output === 0 && cost === undefined ? null : (
        <Fact name="Used">
          {input} tokens in, {output} out{cost === undefined ? '' : `, ${cost} US dollars`}
        </Fact>
      )}
    </dl>
  );
}

const MAX_KNOWN = 100;

/** What ended steps were called with, of those that were looked at last. */
const known = new Map<string, readonly CalledWith[]>();

function keep(id: string, params: readonly CalledWith[]): void {
  known.set(id, params);
  const [oldest] = known.keys();
  if (known.size > MAX_KNOWN && oldest !== undefined) known.delete(oldest);
}

/** With what the tool was called. The events do not have it: it is asked for when a step is looked at, once it has ended. */
function Input({ step, events, runId }: { step: Step; events: readonly CapsuleEvent[]; runId: string }) {
  // A run that is retried can have another end of the same step.
  const id = `${runId} ${step.step} ${step.attempts} ${step.finished_at}`;
  const { value, error } = useLoaded(
    async (signal) => {
      const before = known.get(id);
      if (before !== undefined) return { params: before };
      const params = await readParams(runId, step.step, cursorOf(events, step.step), signal);
      if (step.finished_at !== null && params !== null) keep(id, params);
      return { params };
    },
    [id],
  );
  if (error !== undefined) return <Failure message={error} />;
  if (value === undefined) return <p class="quiet">Reading what it was called with…</p>;
  return (
    <>
      {value.params === null ? <p class="quiet">What it was called with cannot be known.</p> : null}
      {(value.params ?? []).map((called) => (
        <Called key={called.attempt} called={called} step={step} />
      ))}
    </>
  );
}

function Called({ called: { attempt, value, cut = [] }, step }: { called: CalledWith; step: Step }) {
  const from = attempt > 1 ? ` from attempt ${attempt} on` : '';
  return (
    <Part title={`Input${from}`}>
      {isEmpty(value) ? (
        <p class="quiet">It has no params.</p>
      ) : (
        <Code text={pretty(value)} label={`Input of step ${step.step}${from}`} />
      )}
      {cut.length === 0 ? null : <p class="quiet">Too large to be shown: {cut.join(', ')}.</p>}
    </Part>
  );
}

function isEmpty(value: unknown): boolean {
  return value === null || (typeof value === 'object' && Object.keys(value).length === 0);
}

async function readParams(
  runId: string,
  step: number,
  cursor: number | undefined,
  signal: AbortSignal,
): Promise<readonly CalledWith[] | null> {
  const from = cursor === undefined ? '' : `&cursor=${cursor}`;
  const path = `graph/runs/${encodeURIComponent(runId)}/steps?limit=1${from}`;
  const { steps } = await getJson<StepList>(path, signal);
  return steps.find((each) => each.step === step)?.params ?? null;
}

/** The cursor of the page that begins with a step: the event after which it began. The first page needs none. */
export function cursorOf(events: readonly CapsuleEvent[], step: number): number | undefined {
  const event = events.findLast(
    ({ type, next, step: before = 0 }) => type !== 'run.started' && typeof next === 'string' && before + 1 === step,
  );
  return event?.seq;
}

/** What each attempt came to, if there was more than one. */
function Attempts({ step, spans, events }: Pick<InspectorProps, 'step' | 'spans' | 'events'>) {
  const calls = spans.filter(({ kind, step: of }) => kind === 'call' && of === step.step);
  if (step.attempts < 2) return null;
  const failures = events.filter(({ type, step: of }) => type === 'step.failed' && of === step.step);
  return (
    <Part title="Attempts">
      <ol class="attempts">
        {calls.map((call) => {
          const failure = failures.find(({ attempt }) => attempt === call.attempt)?.error;
          return (
            <li key={`${call.attempt} ${call.from}`} value={call.attempt}>
              {call.status} {call.to === null ? '' : `after ${duration(call.to - call.from)}`}
              {failure === undefined ? null : (
                <p class="message bad">
                  <code>{failure.code}</code> {failure.message}
                </p>
              )}
            </li>
          );
        })}
      </ol>
    </Part>
  );
}

import { Fragment } from 'preact';
import { useState } from 'preact/hooks';
import type { CapsuleEvent } from '../evidence/capsule-document.js';
import { textOfRead } from '../evidence/words.js';
import { elapsed, pretty } from '../format.js';
import { DECISIONS } from '../kinds.js';
import { Code, Status } from '../parts.js';
import type { BranchCounts, RunState, Step, StepDecision } from '../wire-types.js';
import { plainOf } from './ansi.js';
import { Fork } from './fork.js';

const SHOWN_AT_FIRST = 100;

interface StepsProps {
  readonly steps: readonly Step[];
  readonly state?: RunState;
  readonly events?: readonly CapsuleEvent[];
}

/** The steps of a run, the latest first. Those of a run that is here can be forked from: its state is given. */
export function Steps({ steps, state, events = [] }: StepsProps) {
  const [count, setCount] = useState(SHOWN_AT_FIRST);
  if (steps.length === 0) return <p class="quiet">No steps yet.</p>;
  const longest = Math.max(1, ...steps.map(millisecondsOf));
  const shown = steps.slice(-count).reverse();
  return (
    <>
      <ol class="steps" reversed>
        {shown.map((step) => (
          <StepItem key={step.step} step={step} state={state} events={events} longest={longest} />
        ))}
      </ol>
      {steps.length > count ? (
        <button type="button" onClick={() => setCount(count + SHOWN_AT_FIRST)}>
          Show earlier steps
        </button>
      ) : null}
    </>
  );
}

function millisecondsOf({ started_at, finished_at }: Step): number {
  if (started_at === null) return 0;
  return (finished_at === null ? Date.now() : Date.parse(finished_at)) - Date.parse(started_at);
}

interface ItemProps {
  readonly step: Step;
  readonly state: RunState | undefined;
  readonly events: readonly CapsuleEvent[];
}

function StepItem({ step, state, events, longest }: ItemProps & { readonly longest: number }) {
  const [open, setOpen] = useState(false);
  const { decision } = step;
  return (
    <li value={step.step}>
      <details onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>
          <span class="step-number">{step.step}</span>
          <span class="step-node">{step.node}</span>
          <Status status={step.status} />
          {step.attempts > 1 ? <span class="tag">{step.attempts} attempts</span> : null}
          {decision === null ? null : (
            <span class="quiet step-to">
              → {DECISIONS[decision.kind].startsBranches ? 'branches' : targetOf(decision)}
            </span>
          )}
          <meter
            class="bar"
            min={0}
            max={longest}
            value={millisecondsOf(step)}
            aria-label="Share of the longest step"
          />
          <span class="number nowrap">{elapsed(step.started_at, step.finished_at)}</span>
        </summary>
        {open ? <StepDetails step={step} state={state} events={events} /> : null}
      </details>
    </li>
  );
}

function StepDetails({ step, state, events }: ItemProps) {
  const { patch, error, decision, logs, params } = step;
  return (
    <div class="step-details">
      {error === null ? null : (
        <p class="bad">
          <code>{error.code}</code> {error.message}
        </p>
      )}
      {error?.details === undefined ? null : (
        <Code text={pretty(error.details)} label={`Details of the error of step ${step.step}`} />
      )}
      {(params ?? []).map(({ attempt, value }) => (
        <Fragment key={attempt}>
          <h3>Called with{attempt > 1 ? ` from attempt ${attempt} on` : ''}</h3>
          <Code text={pretty(value)} label={`What step ${step.step} was called with from attempt ${attempt} on`} />
        </Fragment>
      ))}
      {patch === null ? null : Object.keys(patch).length === 0 ? (
        <p class="quiet">Changed nothing in data.</p>
      ) : (
        <>
          <h3>Changed in data</h3>
          <Code text={pretty(patch)} label={`What step ${step.step} changed`} />
        </>
      )}
      {step.answered_by === null ? null : <p class="quiet">Answered by {step.answered_by}.</p>}
      {logs.length === 0 ? null : (
        <>
          <h3>Logs</h3>
          <Code text={logs.map(plainOf).join('\n')} label={`Logs of step ${step.step}`} />
        </>
      )}
      {decision === null ? null : <Why decision={decision} />}
      {state === undefined ? null : <Fork step={step} state={state} events={events} />}
    </div>
  );
}

function targetOf(decision: StepDecision): string {
  const target = decision.to_node ?? 'nowhere';
  return DECISIONS[decision.kind].startsBranches ? `branches, then ${target}` : target;
}

/** What became of branches that need not all complete. */
function endsOf({ count, joined, failed, cancelled, winners }: BranchCounts): string {
  const who = winners === undefined ? '' : ` (by index, the first to end before the others: ${winners.join(', ')})`;
  return `Joined ${joined} of ${count} branches${who}; ${failed} failed, ${cancelled} were cancelled or not begun.`;
}

/** Why the run went where it went, with the values that the decision read. */
export function Why({ decision }: { decision: StepDecision }) {
  const { condition, outcome, read = [], branches } = decision;
  const said = outcome ?? condition;
  return (
    <>
      <h3>Why it went on to {targetOf(decision)}</h3>
      <p>
        {DECISIONS[decision.kind].text}
        {decision.kind === 'condition' ? ` ${condition}` : ''}
        {said === undefined || (decision.kind === 'condition' && outcome == null) ? '' : `: ${said}`}.
      </p>
      {branches === undefined ? null : <p>{endsOf(branches)}</p>}
      {read.length === 0 ? null : (
        <table class="reads">
          <caption>Values behind the decision</caption>
          <thead>
            <tr>
              <th scope="col">Path</th>
              <th scope="col">Value</th>
            </tr>
          </thead>
          <tbody>
            {read.map((each) => (
              <tr key={each.path}>
                <td>
                  <code>{each.path}</code>
                </td>
                <td>
                  <code>{textOfRead(each)}</code>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </>
  );
}

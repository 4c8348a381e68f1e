import type { ComponentChildren } from 'preact';
import { pretty } from '../format.js';
import { Code, Fact } from '../parts.js';
import type { Read, ReplayOutcome } from '../wire-types.js';
import { causesOf } from './words.js';

/** What was, what would be, and the values that make the difference. */
export function Difference(props: {
  label: string;
  was: ReplayOutcome;
  wouldBe: ReplayOutcome;
  read: readonly Read[];
  children?: ComponentChildren;
}) {
  return (
    <>
      <dl class="facts difference">
        <Fact name="Was">
          <OutcomeText outcome={props.was} label={`What was: ${props.label}`} />
        </Fact>
        <Fact name="Would be">
          <OutcomeText outcome={props.wouldBe} label={`What would be: ${props.label}`} />
        </Fact>
        {causesOf(props.read).map(({ path, values }) => (
          <Fact key={path} name={`Because ${path} is`}>
            <code>{values.join(', ')}</code>
          </Fact>
        ))}
      </dl>
      {props.children}
    </>
  );
}

function OutcomeText({ outcome, label }: { outcome: ReplayOutcome; label: string }) {
  return (
    <>
      {outcome.text}
      {outcome.value === undefined ? null : (
        <details>
          <summary>Value</summary>
          <Code text={pretty(outcome.value)} label={label} />
        </details>
      )}
    </>
  );
}

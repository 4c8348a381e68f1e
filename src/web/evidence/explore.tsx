import { useState } from 'preact/hooks';
import { post } from '../api.js';
import { useAction } from '../hooks.js';
import { Fact, Failure } from '../parts.js';
import type { Bound, Explored, Finding, TraceStep } from '../wire-types.js';
import { openCapsule } from './capsule-document.js';
import { useOpenCapsule } from './opener.js';
import { describeBound, describeExploration, describePlace } from './words.js';

/** Walks the runs that a graph can have, before anybody starts one. No tool is called. */
export function Explorer({ document, isReady }: { document: unknown; isReady: boolean }) {
  const [explored, setExplored] = useState<Explored>();
  const explore = useAction(async () => setExplored(await post<Explored>('graph/explore', { graph: document })));
  return (
    <>
      <div class="actions">
        <button type="button" onClick={explore.run} disabled={!isReady || explore.busy}>
          Explore
        </button>
        <span class="quiet">looks for endless loops, failures that nobody handles, and waits that nobody ends</span>
      </div>
      <p role="status" class="verdict">
        {explore.busy ? 'Exploring…' : explored === undefined ? '' : describeExploration(explored)}
      </p>
      <Failure message={explore.error} />
      {explored === undefined ? null : <Exploration explored={explored} />}
    </>
  );
}

function Exploration({ explored: { findings, bounds } }: { explored: Explored }) {
  return (
    <section class="report" aria-label="Exploration">
      <dl class="facts difference">
        <Fact name="Steps of a run">
          <BoundText bound={bounds.steps} />
        </Fact>
        <Fact name="Tokens">
          <BoundText bound={bounds.tokens} />
        </Fact>
        <Fact name="US dollars">
          <BoundText bound={bounds.cost_usd} />
        </Fact>
      </dl>
      {findings.map((finding) => (
        <Found key={`${finding.code} ${finding.pointer}`} finding={finding} />
      ))}
    </section>
  );
}

function BoundText({ bound }: { bound: Bound }) {
  return (
    <>
      {describeBound(bound)} <span class="quiet">{bound.reason}</span>
    </>
  );
}

function Found({ finding }: { finding: Finding }) {
  const { code, severity, message, pointer, trace, capsule } = finding;
  const open = useOpenCapsule();
  const show = (): void => open({ name: code, reading: openCapsule(capsule) });
  return (
    <section class="group" aria-label={`${code} at ${pointer}`}>
      <h3>
        <span class={severity === 'error' ? 'bad' : ''}>{severity === 'error' ? 'Error' : 'Warning'}</span> {code}{' '}
        <code>{pointer}</code>
      </h3>
      <p>{message}</p>
      {trace.length === 0 ? null : (
        <details>
          <summary>How a run comes to it</summary>
          <Trace trace={trace} />
        </details>
      )}
      {capsule === null ? null : (
        <div class="buttons">
          <button type="button" onClick={show}>
            Look at such a run
          </button>
        </div>
      )}
    </section>
  );
}

function Trace({ trace }: { trace: readonly TraceStep[] }) {
  return (
    <ol class="trace">
      {trace.map(({ step, node, branch = [], outcome, to_node: to }) => (
        <li key={`${step} ${branch.join('.')}`}>
          <strong>{describePlace({ node, visit: 1, branch })}</strong>: {outcome}
          {to === null ? null : <span class="quiet"> → {to}</span>}
        </li>
      ))}
    </ol>
  );
}

import type { Tone } from '../kinds.js';
import { Panel } from '../parts.js';
import { Badge } from '../triggers/parts.js';
import type { Replay } from '../wire-types.js';
import { Difference } from './divergence.js';
import { describeEnd, describePlace, describeReplay } from './words.js';

const TONES: Readonly<Record<Replay['verdict'], Tone>> = { same: 'good', diverged: 'bad', unknown: 'open' };

/** What a replay says of a run. */
export function ReplayResult({ replayed }: { replayed: Replay }) {
  const { verdict, first_divergence: first, missing, end, steps } = replayed;
  return (
    <Panel title="Replay">
      <p role="status">
        <Badge tone={TONES[verdict]} text={verdict} /> {describeReplay(replayed)}
      </p>
      {first === null ? null : (
        <>
          <h3>
            First at {describePlace(first.at)}, step {first.at.step}
          </h3>
          <Difference label={describePlace(first.at)} was={first.was} wouldBe={first.would_be} read={first.read} />
        </>
      )}
      {missing.length === 0 ? null : (
        <>
          <h3>What was not recorded</h3>
          <ul>
            {missing.map(({ at, message }) => (
              <li key={`${at.step} ${describePlace(at)}`}>
                {describePlace(at)}: {message}
              </li>
            ))}
          </ul>
        </>
      )}
      <p class="quiet">
        The run: {describeEnd(end.was)}, {steps.was} steps. The replay: {describeEnd(end.would_be)}, {steps.would_be}{' '}
        steps. No tool was called.
      </p>
    </Panel>
  );
}

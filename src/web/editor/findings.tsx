import { useAction } from '../hooks.js';
import { Failure } from '../parts.js';
import type { GraphWarning, PatchOperation, ProblemItem, Verdict } from '../wire-types.js';

interface Answers {
  readonly onGoTo: (pointer: string) => void;
  readonly onFix: (fix: readonly PatchOperation[]) => void;
}

/** What the doctor says of a graph. Each finding leads to its line, and can be fixed if there is one way to. */
export function Findings({ verdict, ...answers }: Answers & { verdict: Verdict | undefined }) {
  if (verdict === undefined) return <p class="findings quiet">Checking…</p>;
  const { errors, warnings } = verdict;
  if (errors.length + warnings.length === 0)
    return (
      <p role="status" class="findings">
        ✓ Nothing is wrong with it.
      </p>
    );
  return (
    <section aria-label="Findings">
      <ul class="findings">
        {errors.map((finding) => (
          <Finding key={`${finding.pointer} ${finding.code}`} finding={finding} word="Error" {...answers} />
        ))}
        {warnings.map((finding) => (
          <Finding key={`${finding.pointer} ${finding.code}`} finding={finding} word="Warning" {...answers} />
        ))}
      </ul>
    </section>
  );
}

function Finding(props: Answers & { finding: ProblemItem | GraphWarning; word: string }) {
  const { pointer, message, hint, fix } = props.finding;
  const mend = useAction(async () => props.onFix(fix ?? []));
  return (
    <li>
      <strong class={props.word === 'Error' ? 'bad' : ''}>{props.word}</strong>{' '}
      <button type="button" aria-label={`Go to ${pointer || 'the beginning'}`} onClick={() => props.onGoTo(pointer)}>
        <code>{pointer || '/'}</code>
      </button>{' '}
      {message} {hint === undefined ? null : <span class="quiet">{hint}</span>}{' '}
      {fix === undefined ? null : (
        <button type="button" onClick={mend.run}>
          Fix it
        </button>
      )}
      <Failure message={mend.error} />
    </li>
  );
}

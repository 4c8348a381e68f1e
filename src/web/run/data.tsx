import { useState } from 'preact/hooks';
import { brief, pretty } from '../format.js';
import { Code, Tail } from '../parts.js';
import type { RunState, Step } from '../wire-types.js';

/** The keys that the last finished step set. */
export function changedBy(steps: readonly Step[]): ReadonlySet<string> {
  const last = steps.findLast(({ patch }) => patch !== null && Object.keys(patch).length > 0);
  return new Set(Object.keys(last?.patch ?? {}));
}

/** Which step set what is marked. */
export function Changed({ steps }: { steps: readonly Step[] }) {
  const last = steps.findLast(({ patch }) => patch !== null && Object.keys(patch).length > 0);
  return last === undefined ? null : (
    <span class="quiet">
      • set by step {last.step}, {last.node}
    </span>
  );
}

/** The `data` of a run, a row for each key. */
export function Data({ data, changed }: { data: RunState['data']; changed: ReadonlySet<string> }) {
  const entries = Object.entries(data);
  if (entries.length === 0) return <p class="quiet">Nothing yet.</p>;
  return (
    <dl class="data">
      {entries.map(([key, value]) => {
        const long = brief(value, 161).length > 160 || (typeof value === 'object' && value !== null);
        return (
          <div key={key} class={changed.has(key) ? 'changed' : ''}>
            <dt>
              {changed.has(key) ? <span title="Set by the last step">• </span> : null}
              {key}
            </dt>
            <dd>{long ? <Long name={key} value={value} /> : <code>{JSON.stringify(value)}</code>}</dd>
          </div>
        );
      })}
    </dl>
  );
}

function Long({ name, value }: { name: string; value: unknown }) {
  const [open, setOpen] = useState(false);
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <code>{brief(value)}</code>
      </summary>
      {open ? <Code text={pretty(value)} label={name} /> : null}
    </details>
  );
}

/** The latest log lines of a run. */
export function Logs({ lines, total }: { lines: readonly string[]; total: number }) {
  if (total === 0) return <p class="quiet">No lines yet.</p>;
  const skipped = total - lines.length;
  return (
    <>
      {skipped > 0 ? <p class="quiet">{skipped} earlier lines are not shown.</p> : null}
      <Tail text={lines.join('\n')} label="Logs" live="off" class="logs" />
    </>
  );
}

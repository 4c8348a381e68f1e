import type { Step } from '../wire-types.js';

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

import type { RunSummary } from '../wire-types.js';
import type { Span } from './spans.js';

const STATUSES: Readonly<Record<RunSummary['status'], Span['status']>> = {
  SUBMITTED: 'submitted',
  RUNNING: 'running',
  WAITING: 'waiting',
  COMPLETED: 'completed',
  FAILED: 'failed',
  CANCELLED: 'cancelled',
};

/** The spans of a run with those of the runs inside it: each behind the step that was under way when it was made. */
export function withBranches(spans: readonly Span[], runs: readonly RunSummary[]): readonly Span[] {
  if (runs.length === 0) return spans;
  const byStep = new Map<number, Span[]>();
  for (const run of [...runs].sort((a, b) => (a.child_index ?? 0) - (b.child_index ?? 0))) {
    const made = Date.parse(run.submitted_at);
    // The clocks of two servers can differ: what was made before all steps belongs to the first.
    const { step = 1 } = spans.findLast(({ step, from }) => step > 0 && from <= made) ?? {};
    byStep.set(step, [...(byStep.get(step) ?? []), ...spansOfRun(run, step)]);
  }
  return spans.flatMap((span, index) => {
    const isLastOfStep = spans[index + 1]?.step !== span.step;
    return isLastOfStep ? [span, ...(byStep.get(span.step) ?? [])] : [span];
  });
}

/** Time in line, and what follows. */
function spansOfRun(run: RunSummary, step: number): Span[] {
  const name = run.branch ?? `Branch ${(run.child_index ?? 0) + 1}`;
  const common = { step, node: name, attempt: 1, inside: { runId: run.run_id, name } };
  const made = Date.parse(run.submitted_at);
  const started = run.started_at === null ? null : Date.parse(run.started_at);
  const ended = run.finished_at === null ? null : Date.parse(run.finished_at);
  const status = STATUSES[run.status];
  const queue: Span = {
    ...common,
    kind: 'queue',
    from: made,
    to: started ?? ended,
    status: 'submitted',
    text: 'in line',
  };
  if (started === null) return [queue];
  const kind = status === 'waiting' ? 'wait' : 'call';
  const own: Span = { ...common, kind, from: started, to: ended, status, text: 'run inside this one' };
  return started > made ? [queue, own] : [own];
}

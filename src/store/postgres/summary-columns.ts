import { sql } from 'drizzle-orm';
import { workflowRuns } from './schema.js';

/**
 * What its first event says of a branch. That of another child can have a large input: it is not looked into. The length
 * of a payload is known without reading it.
 */
const BRANCH = sql<string | null>`CASE WHEN workflow_runs.parent_run_id IS NOT NULL THEN (
  SELECT CASE WHEN octet_length(first.payload) < 8192 AND is_stored_json(first.payload)
    THEN coalesce(stored_json(first.payload) ->> 'name', stored_json(first.payload) ->> 'entry_node') END
  FROM run_events first WHERE first.run_id = workflow_runs.run_id AND first.seq = 1) END`;

/** The columns of a {@link RunSummary}. */
export const SUMMARY = {
  runId: workflowRuns.runId,
  graphId: workflowRuns.graphId,
  graphVersion: workflowRuns.graphVersion,
  status: workflowRuns.status,
  parentRunId: workflowRuns.parentRunId,
  childIndex: workflowRuns.childIndex,
  branch: BRANCH.as('branch'),
  waitingFor: workflowRuns.waitingFor,
  metadata: workflowRuns.metadata,
  error: workflowRuns.error,
  submittedAt: workflowRuns.submittedAt,
  startedAt: workflowRuns.startedAt,
  finishedAt: workflowRuns.finishedAt,
};

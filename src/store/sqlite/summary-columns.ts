import { type Placeholder, type SQL, type SQLWrapper, sql } from 'drizzle-orm';
import { END } from '../../core/graph/definition.js';
import type { StartedBy } from '../../core/run/started-by.js';
import { MOVING_EVENTS, UNREADABLE_ERROR } from '../run-search.js';
import { workflowRuns } from './schema.js';

/**
 * What its first event says of a branch. That of another child can have a large input: it is not looked into.
 * `octet_length` reads nothing of a payload.
 */
const BRANCH = sql<string | null>`CASE WHEN workflow_runs.parent_run_id IS NOT NULL THEN (
  SELECT CASE WHEN octet_length(first.payload) < 8192 AND json_valid(first.payload)
    THEN coalesce(first.payload ->> '$.name', first.payload ->> '$.entry_node') END
  FROM run_events first WHERE first.run_id = workflow_runs.run_id AND first.seq = 1) END`;

/** Not read from a row that has data, which stands before it. */
export const IS_PAUSED = sql<number>`CASE WHEN workflow_runs.finished_at IS NULL THEN workflow_runs.paused ELSE 0 END`;

/**
 * The node that a run is at, or ended at, as its journal has it: where its last step led, unless it ended there. Says what
 * `cursorOf` in `core/run/state.ts` says; a test compares. Null if its last such event cannot be read.
 */
export const CURRENT_NODE = sql<string | null>`(
  SELECT CASE WHEN json_valid(last.payload) THEN coalesce(last.payload ->> '$.next',
    nullif(nullif(coalesce(last.payload ->> '$.to_node', last.payload ->> '$.decision.to_node'), ${END}),
      CASE WHEN workflow_runs.parent_run_id IS NOT NULL THEN (
        SELECT CASE WHEN json_valid(first.payload) THEN first.payload ->> '$.join_node' END
        FROM run_events first WHERE first.run_id = workflow_runs.run_id AND first.seq = 1) END),
    last.payload ->> '$.node') END
  FROM run_events last WHERE last.run_id = workflow_runs.run_id AND last.type IN ${MOVING_EVENTS}
  ORDER BY last.seq DESC LIMIT 1)`;

/** The code of the error of a run. */
export const ERROR_CODE = sql<string | null>`CASE WHEN workflow_runs.error IS NOT NULL THEN
  CASE WHEN json_valid(workflow_runs.error) THEN workflow_runs.error ->> '$.code' ELSE ${UNREADABLE_ERROR} END END`;

/** True for a value with a text in it, which is in small letters: see `foldCase`. */
export function contains(value: SQLWrapper, text: string | Placeholder): SQL {
  return sql`instr(lower(${value}), ${text}) > 0`;
}

/** True for runs with a text, in small letters, in their id, that of their graph, a value of their metadata, or their error. */
export function hasText(text: Placeholder): SQL {
  const { runId, graphId, metadata, error } = workflowRuns;
  const isIn = (value: SQLWrapper): SQL => contains(value, text);
  const ofError = (path: string): SQL => isIn(sql`coalesce(${error} ->> ${sql.raw(`'$.${path}'`)}, '')`);
  return sql`(${isIn(runId)} OR ${isIn(graphId)}
    OR (${metadata} <> '{}' AND json_valid(${metadata}) AND EXISTS (
      SELECT 1 FROM json_each(${metadata}) entry WHERE ${isIn(sql`entry.value`)}))
    OR (${error} IS NOT NULL AND json_valid(${error})
      AND (${ofError('code')} OR ${ofError('message')} OR ${ofError('node')})))`;
}

/** What started a run: see `findStarter` in `core/run/started-by.ts`. */
export const STARTER_KIND = sql<StartedBy['kind']>`CASE WHEN workflow_runs.parent_run_id IS NOT NULL THEN 'run'
  ELSE coalesce(workflow_runs.started_by_kind, 'api') END`;
export const STARTER_ID = sql<string | null>`coalesce(workflow_runs.parent_run_id, workflow_runs.started_by_id)`;

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
  paused: IS_PAUSED.mapWith(Boolean).as('paused'),
  metadata: workflowRuns.metadata,
  startedBy: { kind: STARTER_KIND.as('starter_kind'), id: STARTER_ID.as('starter_id') },
  error: workflowRuns.error,
  submittedAt: workflowRuns.submittedAt,
  startedAt: workflowRuns.startedAt,
  finishedAt: workflowRuns.finishedAt,
};

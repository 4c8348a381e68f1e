import { type SQL, type SQLWrapper, sql } from 'drizzle-orm';
import { END } from '../../core/graph/definition.js';
import type { StartedBy } from '../../core/run/started-by.js';
import { MOVING_EVENTS, UNREADABLE_ERROR } from '../run-search.js';
import { escapeText } from './column-values.js';
import { workflowRuns } from './schema.js';

/**
 * What its first event says of a branch. That of another child can have a large input: it is not looked into. The length
 * of a payload is known without reading it.
 */
const BRANCH = sql<string | null>`CASE WHEN workflow_runs.parent_run_id IS NOT NULL THEN (
  SELECT CASE WHEN octet_length(first.payload) < 8192 AND is_stored_json(first.payload)
    THEN coalesce(stored_json(first.payload) ->> 'name', stored_json(first.payload) ->> 'entry_node') END
  FROM run_events first WHERE first.run_id = workflow_runs.run_id AND first.seq = 1) END`;

/**
 * The node that the run `run` is at, or ended at, as its journal has it: where its last step led, unless it ended there.
 * Says what `cursorOf` in `core/run/state.ts` says; a test compares. Null if its last such event cannot be read.
 */
export const CURRENT_NODE = sql<string | null>`(
  SELECT CASE WHEN is_stored_json(last.payload) THEN coalesce(stored_json(last.payload) ->> 'next',
    nullif(nullif(coalesce(stored_json(last.payload) ->> 'to_node', stored_json(last.payload) #>> '{decision,to_node}'),
        ${END}),
      CASE WHEN run.parent_run_id IS NOT NULL THEN (
        SELECT CASE WHEN is_stored_json(first.payload) THEN stored_json(first.payload) ->> 'join_node' END
        FROM run_events first WHERE first.run_id = run.run_id AND first.seq = 1) END),
    stored_json(last.payload) ->> 'node') END
  FROM run_events last WHERE last.run_id = run.run_id AND last.type IN ${MOVING_EVENTS}
  ORDER BY last.seq DESC LIMIT 1)`;

/** The code of the error of the run `run`. */
export const ERROR_CODE = sql<string | null>`CASE WHEN run.error IS NOT NULL THEN
  CASE WHEN is_stored_json(run.error) THEN stored_json(run.error) ->> 'code' ELSE ${UNREADABLE_ERROR} END END`;

/** True for a value with a text in it, which is in small letters: see `foldCase`. */
export function contains(value: SQLWrapper, text: string): SQL {
  return sql`strpos(lower((${value}) COLLATE "C"), ${text}) > 0`;
}

/**
 * True for runs `run` with a text, in small letters, in their id, that of their graph, a value of their metadata, or their
 * error. To read JSON takes ten times as long as to see that the text is nowhere in it, which is so of most.
 */
export function hasText(text: string): SQL {
  const isIn = (value: SQL, wanted = text): SQL => contains(value, wanted);
  // `stored_json` makes U+FFFD of what Postgres has no text for.
  const canBeIn = (stored: SQL): SQL => (/[\ufffd\p{Cs}]/u.test(text) ? sql`true` : isIn(stored, escapeText(text)));
  const ofError = (path: string): SQL => isIn(sql`coalesce(stored_json(run.error) ->> ${sql.raw(`'${path}'`)}, '')`);
  return sql`(${isIn(sql`run.run_id::text`)} OR ${isIn(sql`run.graph_id`)}
    OR EXISTS (SELECT 1 FROM json_each_text(CASE
      WHEN ${canBeIn(sql`run.metadata`)} AND is_stored_json(run.metadata) THEN stored_json(run.metadata)
      ELSE '{}'::json END) entry WHERE ${isIn(sql`entry.value`)})
    OR CASE WHEN run.error IS NOT NULL AND ${canBeIn(sql`run.error`)} AND is_stored_json(run.error)
      THEN ${ofError('code')} OR ${ofError('message')} OR ${ofError('node')} ELSE false END)`;
}

/** What started the run `run`: see `findStarter` in `core/run/started-by.ts`. */
export const STARTER_KIND = sql<StartedBy['kind']>`CASE WHEN run.parent_run_id IS NOT NULL THEN 'run'
  ELSE coalesce(run.started_by_kind, 'api') END`;
export const STARTER_ID = sql<string | null>`coalesce(run.parent_run_id::text, run.started_by_id)`;

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
  paused: workflowRuns.paused,
  metadata: workflowRuns.metadata,
  startedBy: {
    kind: sql<StartedBy['kind']>`CASE WHEN ${workflowRuns.parentRunId} IS NOT NULL THEN 'run'
      ELSE coalesce(${workflowRuns.startedByKind}, 'api') END`.as('starter_kind'),
    id: sql<string | null>`coalesce(${workflowRuns.parentRunId}::text, ${workflowRuns.startedById})`.as('starter_id'),
  },
  error: workflowRuns.error,
  submittedAt: workflowRuns.submittedAt,
  startedAt: workflowRuns.startedAt,
  finishedAt: workflowRuns.finishedAt,
};

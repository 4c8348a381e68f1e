import type pg from 'pg';
import { entersLine, needsSlot } from '../../core/run/slots.js';
import { ConcurrencyFullError } from '../errors.js';
import { keyOfLine, lineKey } from '../run-row.js';
import type { RunAppend, Unit } from '../store.js';
import { type Session, send } from './connection.js';
import { lockLines } from './locks.js';

/*
 * Who has a slot of a graph that limits how many of its runs are under way: a column of the row. It is set for the next in
 * line in the transaction that frees a slot, or that adds to the line; so none is lost with a process, and none is given twice.
 * Whoever changes a line locks it first, all in one order; the statements after that see what those before have stored.
 */

/** The runs of a graph with one key; an empty text for all runs of the graph. */
export interface Line {
  readonly graphId: string;
  readonly key: string;
}

/**
 * Runs of a line that have a slot and have not begun, at most. The next gets one as soon as one of them begins, so runs of
 * all lines begin in turns, and a long line does not stand in the way of others.
 */
const MAX_TO_BEGIN = 10;

/** True for an append that can change who has a slot. */
export function touchesLine({ state, rowChanged, create }: RunAppend): boolean {
  return state.concurrency !== null && (rowChanged || create !== undefined);
}

/** The lines that units change, each once. */
export function linesOf(units: readonly Unit[]): Line[] {
  return distinct(units.flatMap(({ appends }) => appends.filter(touchesLine)));
}

function distinct(appends: readonly RunAppend[]): Line[] {
  const lines = new Map<string, Line>();
  for (const { state } of appends) {
    const line = { graphId: state.graphId, key: lineKey(state.concurrency?.key ?? null) };
    lines.set(nameOf(line), line);
  }
  return [...lines.values()];
}

/** Ids of graphs have no space. */
function nameOf({ graphId, key }: Line): string {
  return `${graphId} ${key}`;
}

/** Keeps others from changing lines until the transaction has ended. To be sent before anything that changes a row. */
export async function lock(session: Session, lines: readonly Line[]): Promise<void> {
  if (lines.length > 0) await send(session, lockLines(lines.map(nameOf)));
}

/** @throws ConcurrencyFullError if a run that would rather be refused has come to a line without a free slot */
export async function demandSlots(session: Session, units: readonly Unit[]): Promise<void> {
  const entering = units.flatMap(({ appends }) =>
    appends.filter((append) => {
      const { state, records } = append;
      return touchesLine(append) && state.concurrency?.on_full === 'refuse' && needsSlot(state) && entersLine(records);
    }),
  );
  const lines = distinct(entering);
  if (lines.length === 0) return;
  const { rows } = await send<Line & { maxRuns: number } & pg.QueryResultRow>(session, {
    name: 'full_lines',
    text: `SELECT line.graph_id AS "graphId", line.key, most.max_runs AS "maxRuns"
      FROM unnest($1::text[], $2::text[]) AS line(graph_id, key)
      JOIN concurrency_limits most ON most.graph_id = line.graph_id
      WHERE most.max_runs < (SELECT count(*) FROM (SELECT 1 FROM workflow_runs run
        WHERE run.graph_id = line.graph_id AND run.concurrency_key = line.key AND run.concurrency_key IS NOT NULL
          AND run.finished_at IS NULL LIMIT most.max_runs + 1) AS counted)`,
    values: columnsOf(lines),
  });
  const [full] = rows;
  if (full !== undefined) throw new ConcurrencyFullError(full.graphId, keyOfLine(full.key), full.maxRuns);
}

/** Gives the next in each line a slot, as far as there are free ones; resolves with the runs that can begin by that. */
export async function giveTurns(session: Session, lines: readonly Line[]): Promise<string[]> {
  if (lines.length === 0) return [];
  const { rows } = await send<{ runId: string }>(session, {
    name: 'give_turns',
    text: `UPDATE workflow_runs run SET concurrency_slot = true
      FROM unnest($1::text[], $2::text[]) AS line(graph_id, key)
      CROSS JOIN LATERAL (SELECT count(*) AS runs, count(*) FILTER (WHERE status = 'SUBMITTED') AS to_begin
        FROM workflow_runs WHERE graph_id = line.graph_id AND concurrency_key = line.key AND concurrency_slot) AS held
      LEFT JOIN concurrency_limits most ON most.graph_id = line.graph_id
      CROSS JOIN LATERAL (SELECT waiting.run_id FROM workflow_runs waiting
        WHERE waiting.graph_id = line.graph_id AND waiting.concurrency_key = line.key
          AND waiting.status = 'SUBMITTED' AND NOT waiting.concurrency_slot
        ORDER BY waiting.concurrency_since, waiting.run_id
        LIMIT greatest(0, least($3 - held.to_begin, coalesce(most.max_runs - held.runs, $3)))) AS next
      WHERE run.run_id = next.run_id
      RETURNING run.run_id::text AS "runId"`,
    values: [...columnsOf(lines), MAX_TO_BEGIN],
  });
  return rows.map(({ runId }) => runId).sort();
}

/** Lines in which runs wait, of one graph or of all, in order. */
export async function listLines(
  session: Session,
  graphId: string | undefined,
  after: Line | undefined,
  limit: number,
): Promise<Line[]> {
  const { rows } = await send<Line & pg.QueryResultRow>(session, {
    name: 'list_lines',
    text: `SELECT DISTINCT graph_id AS "graphId", concurrency_key AS key FROM workflow_runs
      WHERE status = 'SUBMITTED' AND NOT concurrency_slot AND ($1::text IS NULL OR graph_id = $1)
        AND (graph_id, concurrency_key) > ($2, $3)
      ORDER BY graph_id, concurrency_key LIMIT $4`,
    values: [graphId ?? null, after?.graphId ?? '', after?.key ?? '', limit],
  });
  return rows;
}

function columnsOf(lines: readonly Line[]): [string[], string[]] {
  return [lines.map(({ graphId }) => graphId), lines.map(({ key }) => key)];
}

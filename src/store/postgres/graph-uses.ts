import { type GraphUse, MAX_NAMED_USES } from '../schedules.js';
import { isStorable } from './column-values.js';
import { type Session, send } from './connection.js';
import { shareGraph } from './locks.js';

/** What still uses a graph, as far as it is named. The one list: whatever starts runs of a graph is here. */
export async function listGraphUses(session: Session, graphId: string): Promise<GraphUse[]> {
  const { rows } = await send<GraphUse>(session, {
    text: `(SELECT 'schedule' AS kind, schedule_id AS id FROM schedules WHERE graph_id = $1 ORDER BY schedule_id LIMIT $2)
      UNION ALL (SELECT 'hook', hook_id FROM hooks WHERE graph_id = $1 ORDER BY hook_id LIMIT $2)
      LIMIT $2`,
    values: [graphId, MAX_NAMED_USES],
  });
  return rows;
}

/**
 * True if a graph is there, so that something can use it from here on: whoever deletes it waits for the end of this
 * transaction. Two statements, since only the second one sees what was deleted while the first one waited.
 */
export async function hasLiveGraph(session: Session, graphId: string): Promise<boolean> {
  if (!isStorable(graphId)) return false;
  await send(session, shareGraph(graphId));
  const text = 'SELECT 1 FROM graph_definitions WHERE graph_id = $1 AND deleted_at IS NULL LIMIT 1';
  return (await send(session, { text, values: [graphId] })).rows.length > 0;
}

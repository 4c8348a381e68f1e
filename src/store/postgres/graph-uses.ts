import { type GraphUse, MAX_NAMED_USES } from '../schedules.js';
import { type Session, send } from './connection.js';

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

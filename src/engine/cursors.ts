import { EngineError } from '../core/base/errors.js';

/** What `cursor` of each kind of list is made of. Each differs from the others, so that one list refuses those of another. */

const RUN_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const AFTER_GRAPH = /^after:([a-z0-9-]{1,100})$/;
const SEQ = /^[1-9]\d{0,14}$/;

/** The run that a page of runs follows. @throws EngineError `invalid_request` */
export function readRunCursor(cursor: string): string {
  if (!RUN_ID.test(cursor)) throw invalidCursor();
  return cursor;
}

/** The cursor of the graphs after one. The prefix tells a cursor from the id of a graph. */
export function graphCursorAfter(graphId: string): string {
  return `after:${graphId}`;
}

/** The graph that a page of graphs follows. @throws EngineError `invalid_request` */
export function readGraphCursor(cursor: string): string {
  const graphId = AFTER_GRAPH.exec(cursor)?.[1];
  if (graphId === undefined) throw invalidCursor();
  return graphId;
}

/** The seq that a page of steps begins after. @throws EngineError `invalid_request` */
export function readStepCursor(cursor: string): number {
  if (!SEQ.test(cursor)) throw invalidCursor();
  return Number(cursor);
}

function invalidCursor(): EngineError {
  const errors = [{ pointer: '/cursor', code: 'invalid_cursor', message: 'Use a next_cursor of an earlier answer.' }];
  return new EngineError('invalid_request', 'The cursor is not one of this list.', { errors });
}

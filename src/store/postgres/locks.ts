import type pg from 'pg';

/*
 * Advisory locks, by the first half of their keys; the second half tells apart what is locked. They belong to the whole
 * database: two servers in schemas of their own wait for each other now and then, which costs nothing else.
 */

/** Held while a server starts; the second half is its schema. */
export const START_LOCK = 0x67_72_73_00;
/** Held while graphs are saved or deleted. */
const GRAPHS_LOCK = 0x67_72_73_01;
/** Shared by those who make runs of a graph, and held by who deletes it. */
export const GRAPH_LOCK = 0x67_72_73_02;
/** Held by the one process that looks for runs without a job; the second half is the schema. */
const SWEEP_LOCK = 0x67_72_73_03;

/** Lets one transaction at a time save or delete graphs, so that what is checked first is still so when it is written. */
export const lockAllGraphs: pg.QueryConfig = { text: `SELECT pg_advisory_xact_lock(${GRAPHS_LOCK}, 0)` };

/** Waits for those who make runs of a graph, and keeps others from it. */
export function lockGraph(graphId: string): pg.QueryConfig {
  return { text: 'SELECT pg_advisory_xact_lock($1, hashtext($2))', values: [GRAPH_LOCK, graphId] };
}

/** Keeps those off who delete a graph, and nobody else. */
export function shareGraph(graphId: string): pg.QueryConfig {
  return { text: 'SELECT pg_advisory_xact_lock_shared($1, hashtext($2))', values: [GRAPH_LOCK, graphId] };
}

/** Says whether no other process looks for runs without a job. */
export function trySweepLock(schema: string): pg.QueryConfig {
  return { text: 'SELECT pg_try_advisory_xact_lock($1, hashtext($2)) AS "isMine"', values: [SWEEP_LOCK, schema] };
}

/** Tells the locks of lines apart from those of runs. */
const LINES_SEED = 0x67_72_74;

/** Lets one transaction at a time change who has a slot in a line of runs. All take the locks in one order. */
export function lockLines(names: readonly string[]): pg.QueryConfig {
  return {
    text: `SELECT pg_advisory_xact_lock(key) FROM (
      SELECT DISTINCT hashtextextended(name, ${LINES_SEED}) AS key FROM unnest($1::text[]) AS name ORDER BY key) AS keys`,
    values: [names],
  };
}

/** Tells the locks of deliveries apart from those of others with keys of one piece. */
const DELIVERIES_SEED = 0x67_72_73_10;

/**
 * Lets one transaction at a time accept deliveries: the first thing that it does, in an order that all have. Senders repeat
 * several at once, to several servers, and two transactions would each wait for the other.
 */
export function lockDeliveries(
  deliveries: readonly { readonly hookId: string; readonly key: string }[],
): pg.QueryConfig {
  return {
    text: `SELECT pg_advisory_xact_lock(key) FROM (
      SELECT DISTINCT hashtextextended(delivery, ${DELIVERIES_SEED}) AS key FROM unnest($1::text[]) AS delivery ORDER BY key)
      AS keys`,
    values: [deliveries.map(({ hookId, key }) => `${hookId}/${key}`)],
  };
}

/** Tells the locks of runs apart from those of others: they have keys of one piece. */
const JOBS_SEED = 0x67_72_73;

/**
 * Lets one transaction at a time change the jobs of runs that wait in the queue. Two that change those of several runs
 * would each wait for the other now and then, which Postgres takes a second to notice.
 */
export function lockJobs(runIds: readonly string[]): pg.QueryConfig {
  return {
    text: `SELECT pg_advisory_xact_lock(key) FROM (
      SELECT DISTINCT hashtextextended(run_id, ${JOBS_SEED}) AS key FROM unnest($1::text[]) AS run_id ORDER BY key) AS keys`,
    values: [runIds],
  };
}

import { and, asc, desc, eq, gt, isNull, type SQL, sql } from 'drizzle-orm';
import type { NodePgDatabase } from 'drizzle-orm/node-postgres';
import type pg from 'pg';
import { UnreadableError } from '../../core/base/stored.js';
import type { GraphDefinition } from '../../core/graph/definition.js';
import { readDefinition } from '../../core/graph/stored-graph.js';
import { UnreadableGraphError } from '../errors.js';
import { foldCase } from '../run-search.js';
import type { DeleteGraphResult } from '../schedules.js';
import type { GraphVersion, ListedGraph, SaveGraphResult, StoredGraph } from '../store.js';
import { isStorable, toInteger } from './column-values.js';
import { type Session, send } from './connection.js';
import { listGraphUses } from './graph-uses.js';
import { lockAllGraphs, lockGraph } from './locks.js';
import { graphDefinitions } from './schema.js';
import { contains } from './summary-columns.js';
import { inTransaction } from './transaction.js';

type NewVersion = Omit<GraphVersion, 'version'>;
type Saved = { result: SaveGraphResult; version: number };

const IDENTITY = {
  graphId: graphDefinitions.graphId,
  version: graphDefinitions.version,
  name: graphDefinitions.name,
  createdAt: graphDefinitions.createdAt,
};
const { definition } = graphDefinitions;
const LISTED = {
  ...IDENTITY,
  description: sql<string | null>`CASE WHEN is_stored_json(${definition})
    THEN stored_json(${definition}) ->> 'description' END`,
  isTool: sql<boolean>`CASE WHEN is_stored_json(${definition})
    THEN coalesce(stored_json(${definition}) ->> 'expose_as_tool' = 'true', false) ELSE false END`,
};

const isLive = isNull(graphDefinitions.deletedAt);

/** True for the version that a graph has now: its earlier ones are live too, but neither its name nor its definition. */
const isCurrent = and(
  isLive,
  eq(
    graphDefinitions.version,
    sql`(SELECT max(latest.version) FROM graph_definitions latest
      WHERE latest.graph_id = ${graphDefinitions.graphId} AND latest.deleted_at IS NULL)`,
  ),
);

/** Graph versions. */
export class Graphs {
  constructor(
    private readonly pool: pg.Pool,
    private readonly db: NodePgDatabase,
  ) {}

  /** Saves the first version of a graph; numbers go on where a deleted one had the id. */
  create(graph: NewVersion): Promise<Saved> {
    return this.#write(async (session) => {
      if (await exists(session, graph.graphId)) return { result: 'id_taken', version: 0 };
      return save(session, graph);
    });
  }

  /** Saves the next version of a graph that is there. */
  async update(graph: NewVersion): Promise<Saved> {
    if (!isStorable(graph.graphId)) return { result: 'missing', version: 0 };
    return this.#write(async (session) => {
      if (!(await exists(session, graph.graphId))) return { result: 'missing', version: 0 };
      return save(session, graph);
    });
  }

  /** Marks all versions of a graph as deleted, when no run of it can be made any more. */
  async delete(graphId: string, time: number): Promise<DeleteGraphResult> {
    if (!isStorable(graphId)) return 'missing';
    return this.#write(async (session) => {
      await send(session, lockGraph(graphId));
      if (!(await exists(session, graphId))) return 'missing';
      const usedBy = await listGraphUses(session, graphId);
      if (usedBy.length > 0) return { usedBy };
      if (await hasActiveRun(session, graphId)) return 'active';
      await send(session, {
        text: 'UPDATE graph_definitions SET deleted_at = $2 WHERE graph_id = $1 AND deleted_at IS NULL',
        values: [graphId, time],
      });
      return 'deleted';
    });
  }

  /** A version of a graph, or its latest. @throws UnreadableGraphError */
  async find(graphId: string, version: number | undefined, withDeleted: boolean): Promise<GraphVersion | undefined> {
    if (!isStorable(graphId)) return undefined;
    const columns = { ...IDENTITY, stored: definition };
    const [row] = await this.db
      .select(columns)
      .from(graphDefinitions)
      .where(isWanted(graphId, version, withDeleted))
      .orderBy(NEWEST_FIRST)
      .limit(1);
    return row === undefined ? undefined : versionOf(row);
  }

  /** A version of a graph, or its latest, not read yet. */
  async findText(graphId: string, version: number | undefined, withDeleted: boolean): Promise<StoredGraph | undefined> {
    if (!isStorable(graphId)) return undefined;
    const columns = { ...IDENTITY, text: definition, isJson: sql<boolean>`is_stored_json(${definition})` };
    const [row] = await this.db
      .select(columns)
      .from(graphDefinitions)
      .where(isWanted(graphId, version, withDeleted))
      .orderBy(NEWEST_FIRST)
      .limit(1);
    return row;
  }

  /** True if a graph, or a version of it, is there and not deleted. */
  async has(graphId: string, version: number | undefined): Promise<boolean> {
    if (!isStorable(graphId)) return false;
    const rows = await this.db
      .select({ version: graphDefinitions.version })
      .from(graphDefinitions)
      .where(isWanted(graphId, version, false))
      .orderBy(NEWEST_FIRST)
      .limit(1);
    return rows.length > 0;
  }

  /** The ids of graphs, in order. Reads no definition. */
  async listIds(limit: number): Promise<string[]> {
    const { graphId } = graphDefinitions;
    const rows = await this.db
      .selectDistinct({ graphId })
      .from(graphDefinitions)
      .where(isLive)
      .orderBy(asc(graphId))
      .limit(limit);
    return rows.map((row) => row.graphId);
  }

  /** The version that each graph has now, by id. */
  async list(after: string | undefined, limit: number, search?: string): Promise<ListedGraph[]> {
    if (search !== undefined && !isStorable(search)) return [];
    const isAfter = after === undefined ? undefined : gt(graphDefinitions.graphId, after);
    return this.db
      .select(LISTED)
      .from(graphDefinitions)
      .where(and(isCurrent, isAfter, search === undefined ? undefined : hasText(foldCase(search))))
      .orderBy(asc(graphDefinitions.graphId))
      .limit(limit);
  }

  /** Does work that no other does at the same time, here or elsewhere. */
  #write<T>(work: (session: Session) => Promise<T>): Promise<T> {
    return inTransaction(this.pool, async (session) => {
      await send(session, lockAllGraphs);
      return work(session);
    });
  }
}

/** True for graphs with a text, in small letters, in their id or their name. */
function hasText(text: string): SQL {
  const { graphId, name } = graphDefinitions;
  return sql`(${contains(graphId, text)} OR ${contains(name, text)})`;
}

/** True for a version of a graph, or for all. */
function isWanted(graphId: string, version: number | undefined, withDeleted: boolean): SQL | undefined {
  const ofVersion = version === undefined ? undefined : eq(graphDefinitions.version, toInteger(version));
  return and(eq(graphDefinitions.graphId, graphId), ofVersion, withDeleted ? undefined : isLive);
}

const NEWEST_FIRST = desc(graphDefinitions.version);

type Row = Omit<GraphVersion, 'definition'> & { readonly stored: string };

function versionOf({ stored, ...version }: Row): GraphVersion {
  try {
    return { ...version, definition: readDefinition(stored) };
  } catch (thrown) {
    if (!(thrown instanceof UnreadableError)) throw thrown;
    throw new UnreadableGraphError(version.graphId, version.version, `its definition ${thrown.message}`, thrown);
  }
}

async function exists(session: Session, graphId: string): Promise<boolean> {
  const text = 'SELECT 1 FROM graph_definitions WHERE graph_id = $1 AND deleted_at IS NULL LIMIT 1';
  return (await send(session, { text, values: [graphId] })).rows.length > 0;
}

async function save(session: Session, { graphId, name, definition: document, createdAt }: NewVersion): Promise<Saved> {
  const byOther = await send(session, {
    text: `SELECT 1 FROM graph_definitions found WHERE name = $1 AND graph_id <> $2 AND deleted_at IS NULL AND version =
      (SELECT max(version) FROM graph_definitions latest WHERE latest.graph_id = found.graph_id AND latest.deleted_at IS NULL)`,
    values: [name, graphId],
  });
  if (byOther.rows.length > 0) return { result: 'name_taken', version: 0 };
  const { rows } = await send<{ version: number }>(session, {
    text: `INSERT INTO graph_definitions (graph_id, version, name, created_at, definition)
      SELECT $1, coalesce(max(version), 0) + 1, $2, $3, $4 FROM graph_definitions WHERE graph_id = $1 RETURNING version`,
    values: [graphId, name, createdAt, JSON.stringify(document)],
  });
  await saveLimit(session, graphId, document);
  return { result: 'saved', version: rows[0]?.version ?? 0 };
}

/** The latest version says how many runs can be under way. */
async function saveLimit(session: Session, graphId: string, { concurrency }: GraphDefinition): Promise<void> {
  if (concurrency === undefined) {
    await send(session, { text: 'DELETE FROM concurrency_limits WHERE graph_id = $1', values: [graphId] });
    return;
  }
  await send(session, {
    text: `INSERT INTO concurrency_limits (graph_id, max_runs, on_full) VALUES ($1, $2, $3)
      ON CONFLICT (graph_id) DO UPDATE SET max_runs = excluded.max_runs, on_full = excluded.on_full`,
    values: [graphId, concurrency.limit, concurrency.on_full ?? 'queue'],
  });
}

/** Among the active runs, which are few where a graph's runs may be many. */
async function hasActiveRun(session: Session, graphId: string): Promise<boolean> {
  const { rows } = await send<{ isActive: boolean }>(session, {
    text: `SELECT EXISTS (SELECT 1 FROM workflow_runs WHERE parent_run_id IS NULL
          AND status IN ('SUBMITTED', 'RUNNING', 'WAITING') AND graph_id = $1)
        OR EXISTS (SELECT 1 FROM workflow_runs WHERE parent_run_id IS NOT NULL AND finished_at IS NULL AND graph_id = $1)
      AS "isActive"`,
    values: [graphId],
  });
  return rows[0]?.isActive ?? false;
}

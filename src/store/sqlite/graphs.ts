import { and, asc, eq, gt, isNull, ne, type SQL, sql } from 'drizzle-orm';
import type { BetterSQLite3Database } from 'drizzle-orm/better-sqlite3';
import { UnreadableError } from '../../core/base/stored.js';
import { readDefinition } from '../../core/graph/stored-graph.js';
import { UnreadableGraphError } from '../errors.js';
import { lineKey } from '../run-row.js';
import { foldCase } from '../run-search.js';
import type { DeleteGraphResult } from '../schedules.js';
import type { GraphVersion, ListedGraph, SaveGraphResult, StoredGraph } from '../store.js';
import { listGraphUses } from './graph-uses.js';
import type { ConcurrencyLimit } from './lines.js';
import { ACTIVE, prepareSurplus } from './run-list.js';
import { concurrencyLimits, graphDefinitions, workflowRuns } from './schema.js';
import { contains } from './summary-columns.js';

type NewVersion = Omit<GraphVersion, 'version'>;
type Saved = { result: SaveGraphResult; version: number };

const IDENTITY = {
  graphId: graphDefinitions.graphId,
  version: graphDefinitions.version,
  name: graphDefinitions.name,
  createdAt: graphDefinitions.createdAt,
};
/** As text, so that one that cannot be read is known for what it is. */
const VERSION = { ...IDENTITY, stored: sql<string>`${graphDefinitions.definition}` };
/** SQLite finds a text in a definition of 1 MiB in 4 ms; parsing the whole takes 70 ms. */
const LISTED = {
  ...IDENTITY,
  description: sql<string | null>`CASE WHEN json_valid(${graphDefinitions.definition})
    THEN json_extract(${graphDefinitions.definition}, '$.description') END`,
  isTool: sql<boolean>`CASE WHEN json_valid(${graphDefinitions.definition})
    THEN coalesce(json_extract(${graphDefinitions.definition}, '$.expose_as_tool'), 0) ELSE 0 END`.mapWith(Boolean),
};

type Row = Omit<GraphVersion, 'definition'> & { readonly stored: string };

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

/** Graph versions. The calls that write belong into a transaction. */
export class Graphs {
  readonly #statements: Statements;
  readonly #surplus: ReturnType<typeof prepareSurplus>;

  constructor(private readonly db: BetterSQLite3Database) {
    this.#statements = prepareStatements(db);
    this.#surplus = prepareSurplus(db);
  }

  /** Saves the first version of a graph; numbers go on where a deleted one had the id. */
  create(graph: NewVersion): Saved {
    if (this.#exists(graph.graphId)) return { result: 'id_taken', version: 0 };
    return this.#save(graph);
  }

  /** Saves the next version of a graph that is there. */
  update(graph: NewVersion): Saved {
    if (!this.#exists(graph.graphId)) return { result: 'missing', version: 0 };
    return this.#save(graph);
  }

  /** Marks all versions of a graph as deleted. */
  delete(graphId: string, time: number): DeleteGraphResult {
    if (!this.#exists(graphId)) return 'missing';
    const usedBy = listGraphUses(this.db, graphId);
    if (usedBy.length > 0) return { usedBy };
    if (this.#hasActiveRun(graphId)) return 'active';
    const ofGraph = and(eq(graphDefinitions.graphId, graphId), isLive);
    this.db.update(graphDefinitions).set({ deletedAt: time }).where(ofGraph).run();
    return 'deleted';
  }

  /** A version of a graph, or its latest. @throws UnreadableGraphError */
  find(graphId: string, version: number | undefined, withDeleted: boolean): GraphVersion | undefined {
    const row = this.#findRow(graphId, version, withDeleted);
    return row === undefined ? undefined : versionOf(row);
  }

  /** A version of a graph, or its latest, not read yet. */
  findText(graphId: string, version: number | undefined, withDeleted: boolean): StoredGraph | undefined {
    const row = this.#findRow(graphId, version, withDeleted);
    if (row === undefined) return undefined;
    const { stored: text, ...identity } = row;
    // SQLite looks through 1 MiB in 4 ms.
    const { isJson } = this.db.get<{ isJson: number }>(sql`SELECT json_valid(${text}) AS isJson`);
    return { ...identity, text, isJson: isJson === 1 };
  }

  /** True if a graph, or a version of it, is there and not deleted. */
  has(graphId: string, version: number | undefined): boolean {
    const { hasVersion, hasAny } = this.#statements;
    return (version === undefined ? hasAny.get({ graphId }) : hasVersion.get({ graphId, version })) !== undefined;
  }

  /** The ids of graphs, in order. Reads no definition. */
  listIds(limit: number): string[] {
    const { graphId } = graphDefinitions;
    const rows = this.db.selectDistinct({ graphId }).from(graphDefinitions).where(isLive).orderBy(asc(graphId));
    return rows
      .limit(limit)
      .all()
      .map((row) => row.graphId);
  }

  /** The version that each graph has now, by id. */
  list(after: string | undefined, limit: number, search?: string): ListedGraph[] {
    const isAfter = after === undefined ? undefined : gt(graphDefinitions.graphId, after);
    return this.db
      .select(LISTED)
      .from(graphDefinitions)
      .where(and(isCurrent, isAfter, search === undefined ? undefined : hasText(foldCase(search))))
      .orderBy(asc(graphDefinitions.graphId))
      .limit(limit)
      .all();
  }

  /** True while no graph has ever been saved. */
  isEmpty(): boolean {
    return this.db.select({ version: graphDefinitions.version }).from(graphDefinitions).limit(1).get() === undefined;
  }

  #exists(graphId: string): boolean {
    return this.#findRow(graphId, undefined, false) !== undefined;
  }

  #findRow(graphId: string, version: number | undefined, withDeleted: boolean): Row | undefined {
    const deleted = withDeleted ? 1 : 0;
    if (version === undefined) return this.#statements.findLatest.get({ graphId, withDeleted: deleted });
    return this.#statements.findVersion.get({ graphId, version, withDeleted: deleted });
  }

  #save(graph: NewVersion): Saved {
    if (this.#isNameTaken(graph)) return { result: 'name_taken', version: 0 };
    const { graphId } = graph;
    const last = this.db
      .select({ version: sql<number>`coalesce(max(${graphDefinitions.version}), 0)` })
      .from(graphDefinitions)
      .where(eq(graphDefinitions.graphId, graphId))
      .get();
    const version = (last?.version ?? 0) + 1;
    this.db
      .insert(graphDefinitions)
      .values({ ...graph, version })
      .run();
    this.#saveLimit(graph);
    return { result: 'saved', version };
  }

  /** The latest version says how many runs can be under way. */
  #saveLimit({ graphId, definition: { concurrency } }: NewVersion): void {
    if (concurrency === undefined) {
      this.db.delete(concurrencyLimits).where(eq(concurrencyLimits.graphId, graphId)).run();
      return;
    }
    const { limit: maxRuns, on_full: onFull = 'queue' } = concurrency;
    const limit = { maxRuns, onFull };
    const insert = this.db.insert(concurrencyLimits).values({ graphId, ...limit });
    insert.onConflictDoUpdate({ target: concurrencyLimits.graphId, set: limit }).run();
  }

  /** How many runs of a graph can be under way at a time; undefined: any number. */
  findLimit(graphId: string): ConcurrencyLimit | undefined {
    return this.#statements.findLimit.get({ graphId });
  }

  /** Runs of a line that are more than its limit: see the port. */
  listSurplus(graphId: string, key: string | null, limit: number): string[] {
    const found = this.findLimit(graphId);
    if (found === undefined) return [];
    const rows = this.#surplus.all({ graphId, key: lineKey(key), maxRuns: found.maxRuns, limit });
    return rows.map(({ runId }) => runId).reverse();
  }

  #isNameTaken({ graphId, name }: NewVersion): boolean {
    const byOther = and(eq(graphDefinitions.name, name), ne(graphDefinitions.graphId, graphId), isCurrent);
    return this.db.select({ name: graphDefinitions.name }).from(graphDefinitions).where(byOther).get() !== undefined;
  }

  #hasActiveRun(graphId: string): boolean {
    // Among the active runs, which are few where a graph's runs may be many. The plus keeps SQLite from the graph's index.
    const ofGraph = eq(sql`+${workflowRuns.graphId}`, graphId);
    const { runId } = workflowRuns;
    return ACTIVE.some((isActive) => {
      const first = this.db.select({ runId }).from(workflowRuns).where(and(isActive, ofGraph)).limit(1);
      return first.get() !== undefined;
    });
  }
}

function versionOf({ stored, ...version }: Row): GraphVersion {
  try {
    return { ...version, definition: readDefinition(stored) };
  } catch (thrown) {
    if (!(thrown instanceof UnreadableError)) throw thrown;
    throw new UnreadableGraphError(version.graphId, version.version, `its definition ${thrown.message}`, thrown);
  }
}

type Statements = ReturnType<typeof prepareStatements>;

function prepareStatements(db: BetterSQLite3Database) {
  const param = sql.placeholder;
  const ofGraph = eq(graphDefinitions.graphId, param('graphId'));
  const isWanted = sql`(${graphDefinitions.deletedAt} IS NULL OR ${param('withDeleted')} = 1)`;
  const { version } = graphDefinitions;
  const isVersion = eq(version, param('version'));
  const { maxRuns, onFull } = concurrencyLimits;
  return {
    findLimit: db
      .select({ maxRuns, onFull })
      .from(concurrencyLimits)
      .where(eq(concurrencyLimits.graphId, param('graphId')))
      .prepare(),
    hasAny: db.select({ version }).from(graphDefinitions).where(and(ofGraph, isLive)).limit(1).prepare(),
    hasVersion: db
      .select({ version })
      .from(graphDefinitions)
      .where(and(ofGraph, isVersion, isLive))
      .prepare(),
    findVersion: db
      .select(VERSION)
      .from(graphDefinitions)
      .where(and(ofGraph, isVersion, isWanted))
      .prepare(),
    findLatest: db
      .select(VERSION)
      .from(graphDefinitions)
      .where(and(ofGraph, isWanted))
      .orderBy(sql`${graphDefinitions.version} DESC`)
      .limit(1)
      .prepare(),
  };
}

/** True for graphs with a text, in small letters, in their id or their name. */
function hasText(text: string): SQL {
  const { graphId, name } = graphDefinitions;
  return sql`(${contains(graphId, text)} OR ${contains(name, text)})`;
}

import type pg from 'pg';
import { columnsOf, listReadable, type ScheduleRow, scheduleOf } from '../schedule-rows.js';
import type { ListedSchedule, NewSchedule, ScheduleFilter, ScheduleStore, StoredSchedule } from '../schedules.js';
import { isStorable, toBigint } from './column-values.js';
import { type Session, send } from './connection.js';
import { hasLiveGraph } from './graph-uses.js';
import { inTransaction } from './transaction.js';

/** How the store reads and writes. */
export interface StoreAccess {
  /** @throws StoreUnavailableError */
  read<T>(work: () => Promise<T>): Promise<T>;
  /** @throws StoreUnavailableError */
  write<T>(work: () => Promise<T>): Promise<T>;
  /** Tells that schedules were changed. */
  changed(): void;
}

/** How long a server has a schedule for itself that it is about to move on, in milliseconds. */
const TAKEN_MS = 3000;

const LISTED = `schedule_id AS "scheduleId", graph_id AS "graphId", seq, created_at AS "createdAt",
  updated_at AS "updatedAt", next_at AS "nextAt", wake_at AS "wakeAt", last, settings`;

/** Schedules on Postgres. Of the servers that look for what is due, one gets each. */
export class PostgresSchedules implements ScheduleStore {
  constructor(
    private readonly pool: pg.Pool,
    private readonly access: StoreAccess,
  ) {}

  create(schedule: NewSchedule): Promise<'saved' | 'id_taken' | 'graph_missing'> {
    return this.#change(schedule.graphId, async (session) => {
      const { rowCount } = await send(session, {
        text: `INSERT INTO schedules (schedule_id, graph_id, created_at, updated_at, next_at, wake_at, settings, input, seq)
          VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1) ON CONFLICT DO NOTHING`,
        values: valuesOf(schedule),
      });
      return rowCount === 0 ? 'id_taken' : 'saved';
    });
  }

  replace(schedule: NewSchedule, seq: number): Promise<'saved' | 'moved' | 'graph_missing'> {
    return this.#change(schedule.graphId, async (session) => {
      const { rowCount } = await send(session, {
        text: `UPDATE schedules SET graph_id = $2, created_at = $3, updated_at = $4, next_at = $5, wake_at = $6,
            settings = $7, input = $8, seq = seq + 1
          WHERE schedule_id = $1 AND seq = $9`,
        values: [...valuesOf(schedule), seq],
      });
      return rowCount === 0 ? 'moved' : 'saved';
    });
  }

  async delete(scheduleId: string): Promise<boolean> {
    const query = { text: 'DELETE FROM schedules WHERE schedule_id = $1', values: [known(scheduleId)] };
    const { rowCount } = await this.access.write(() => send(this.pool, query));
    this.access.changed();
    return rowCount !== 0;
  }

  async find(scheduleId: string): Promise<StoredSchedule | undefined> {
    const text = `SELECT ${LISTED}, input FROM schedules WHERE schedule_id = $1`;
    const [row] = await this.#rows<ScheduleRow & { input: string }>(text, [known(scheduleId)]);
    return row === undefined ? undefined : scheduleOf(row);
  }

  async findSeq(scheduleId: string): Promise<number | undefined> {
    const [row] = await this.#rows<{ seq: number }>('SELECT seq FROM schedules WHERE schedule_id = $1', [
      known(scheduleId),
    ]);
    return row?.seq;
  }

  list({ graphId, ...page }: ScheduleFilter): Promise<ListedSchedule[]> {
    const ofGraph = graphId === undefined ? '' : ' AND graph_id = $3';
    const text = `SELECT ${LISTED} FROM schedules WHERE schedule_id > $1${ofGraph} ORDER BY schedule_id LIMIT $2`;
    return listReadable(page, (after = '', limit) => {
      const values = [known(after), limit, ...(graphId === undefined ? [] : [known(graphId)])];
      return this.#rows<ScheduleRow>(text, values);
    });
  }

  /** Puts off the others' looks: if this server dies before it moves a schedule on, the next look is theirs. */
  async takeDue(time: number, limit: number): Promise<string[]> {
    const earliest = await this.nextWakeAt();
    if (earliest === undefined || earliest > time) return [];
    const text = `UPDATE schedules SET wake_at = $1::bigint + ${TAKEN_MS} WHERE schedule_id IN (
        SELECT schedule_id FROM schedules WHERE wake_at <= $1 ORDER BY wake_at LIMIT $2 FOR UPDATE SKIP LOCKED)
      RETURNING schedule_id AS "scheduleId"`;
    const values = [toBigint(time), limit];
    const { rows } = await this.access.write(() => send<{ scheduleId: string }>(this.pool, { text, values }));
    return rows.map(({ scheduleId }) => scheduleId);
  }

  async nextWakeAt(): Promise<number | undefined> {
    const text = `SELECT wake_at AS "wakeAt" FROM schedules WHERE wake_at IS NOT NULL ORDER BY wake_at LIMIT 1`;
    return (await this.#rows<{ wakeAt: number }>(text, []))[0]?.wakeAt;
  }

  async setAside(scheduleId: string, until: number | null, seq?: number): Promise<void> {
    const text = `UPDATE schedules SET wake_at = $2
      WHERE schedule_id = $1 AND wake_at IS NOT NULL AND ($3::integer IS NULL OR seq = $3)`;
    const values = [scheduleId, until === null ? null : toBigint(until), seq ?? null];
    await this.access.write(() => send(this.pool, { text, values }));
  }

  async #rows<Row extends object>(text: string, values: readonly unknown[]): Promise<Row[]> {
    return this.access.read(
      async () => (await send<Row & pg.QueryResultRow>(this.pool, { text, values: [...values] })).rows,
    );
  }

  /** @param work done if the graph is there, and those are kept off who delete it */
  async #change<T>(graphId: string, work: (session: Session) => Promise<T>): Promise<T | 'graph_missing'> {
    const result = await this.access.write(() =>
      inTransaction(this.pool, async (session) => {
        return (await hasLiveGraph(session, graphId)) ? work(session) : 'graph_missing';
      }),
    );
    this.access.changed();
    return result;
  }
}

/** No id has a NUL, which a text of Postgres cannot hold. */
function known(id: string): string {
  return isStorable(id) ? id : '';
}

function valuesOf(schedule: NewSchedule): unknown[] {
  const { scheduleId, graphId, createdAt, updatedAt, nextAt, wakeAt, settings, input } = columnsOf(schedule);
  return [scheduleId, graphId, createdAt, updatedAt, nextAt, wakeAt, settings, input];
}

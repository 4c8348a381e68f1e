import { and, asc, eq, gt, isNotNull, lte } from 'drizzle-orm';
import type { BetterSQLite3Database } from 'drizzle-orm/better-sqlite3';
import { columnsOf, listReadable, scheduleOf } from '../schedule-rows.js';
import type { ListedSchedule, NewSchedule, ScheduleFilter, ScheduleStore, StoredSchedule } from '../schedules.js';
import { hasLiveGraph } from './graph-uses.js';
import { schedules } from './trigger-tables.js';

/** How the store reads and writes. */
export interface StoreAccess {
  /** @throws StoreUnavailableError */
  read<T>(work: () => T): T;
  /** In a transaction. @throws StoreUnavailableError */
  write<T>(work: () => T): T;
  /** Tells that schedules were changed. */
  changed(): void;
}

const LISTED = {
  scheduleId: schedules.scheduleId,
  graphId: schedules.graphId,
  seq: schedules.seq,
  createdAt: schedules.createdAt,
  updatedAt: schedules.updatedAt,
  nextAt: schedules.nextAt,
  wakeAt: schedules.wakeAt,
  last: schedules.last,
  settings: schedules.settings,
};

/** Schedules on SQLite. One process has the file, so what is due is taken by it alone. */
export class SqliteSchedules implements ScheduleStore {
  constructor(
    private readonly db: BetterSQLite3Database,
    private readonly access: StoreAccess,
  ) {}

  async create(schedule: NewSchedule): Promise<'saved' | 'id_taken' | 'graph_missing'> {
    return this.#change(() => {
      if (!hasLiveGraph(this.db, schedule.graphId)) return 'graph_missing';
      const { changes } = this.db
        .insert(schedules)
        .values({ ...columnsOf(schedule), seq: 1 })
        .onConflictDoNothing()
        .run();
      return changes === 0 ? 'id_taken' : 'saved';
    });
  }

  async replace(schedule: NewSchedule, seq: number): Promise<'saved' | 'moved' | 'graph_missing'> {
    return this.#change(() => {
      if (!hasLiveGraph(this.db, schedule.graphId)) return 'graph_missing';
      const { changes } = this.db
        .update(schedules)
        .set({ ...columnsOf(schedule), seq: seq + 1 })
        .where(and(isSchedule(schedule.scheduleId), eq(schedules.seq, seq)))
        .run();
      return changes === 0 ? 'moved' : 'saved';
    });
  }

  async delete(scheduleId: string): Promise<boolean> {
    return this.#change(() => this.db.delete(schedules).where(isSchedule(scheduleId)).run().changes > 0);
  }

  async find(scheduleId: string): Promise<StoredSchedule | undefined> {
    const columns = { ...LISTED, input: schedules.input };
    const row = this.access.read(() => this.db.select(columns).from(schedules).where(isSchedule(scheduleId)).get());
    return row === undefined ? undefined : scheduleOf(row);
  }

  async findSeq(scheduleId: string): Promise<number | undefined> {
    const { seq } = schedules;
    return this.access.read(() => this.db.select({ seq }).from(schedules).where(isSchedule(scheduleId)).get()?.seq);
  }

  list({ graphId, ...page }: ScheduleFilter): Promise<ListedSchedule[]> {
    const { scheduleId } = schedules;
    return listReadable(page, async (after, limit) => {
      const fits = and(
        graphId === undefined ? undefined : eq(schedules.graphId, graphId),
        after === undefined ? undefined : gt(scheduleId, after),
      );
      const rows = this.db.select(LISTED).from(schedules).where(fits).orderBy(asc(scheduleId)).limit(limit);
      return this.access.read(() => rows.all());
    });
  }

  async takeDue(time: number, limit: number): Promise<string[]> {
    const { scheduleId, wakeAt } = schedules;
    const rows = this.db.select({ scheduleId }).from(schedules).where(lte(wakeAt, time)).orderBy(asc(wakeAt));
    return this.access.read(() => rows.limit(limit).all()).map((row) => row.scheduleId);
  }

  async nextWakeAt(): Promise<number | undefined> {
    const { wakeAt } = schedules;
    const rows = this.db.select({ wakeAt }).from(schedules).where(isNotNull(wakeAt)).orderBy(asc(wakeAt)).limit(1);
    return this.access.read(() => rows.get()?.wakeAt ?? undefined);
  }

  async setAside(scheduleId: string, until: number | null, seq?: number): Promise<void> {
    const isSeen = seq === undefined ? undefined : eq(schedules.seq, seq);
    const isEnabled = and(isSchedule(scheduleId), isNotNull(schedules.wakeAt), isSeen);
    this.access.write(() => this.db.update(schedules).set({ wakeAt: until }).where(isEnabled).run());
  }

  #change<T>(work: () => T): T {
    const result = this.access.write(work);
    this.access.changed();
    return result;
  }
}

function isSchedule(scheduleId: string) {
  return eq(schedules.scheduleId, scheduleId);
}

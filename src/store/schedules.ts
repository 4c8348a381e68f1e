import type { ScheduleSettings } from '../core/schedule/definition.js';
import type { LastOccurrence, SchedulePosition } from '../core/schedule/occurrence.js';

/** A schedule as it is stored. Times are milliseconds since 1970. */
export interface ListedSchedule extends SchedulePosition {
  readonly scheduleId: string;
  readonly graphId: string;
  readonly settings: ScheduleSettings;
  readonly createdAt: number;
  /** When somebody last changed it. */
  readonly updatedAt: number;
  readonly last: LastOccurrence | null;
  /** Counts what has changed it. Whoever changes it says which one it has seen. */
  readonly seq: number;
}

export interface StoredSchedule extends ListedSchedule {
  /** The input of its runs, as JSON text. */
  readonly input: string;
}

/** What people save of a schedule. */
export type NewSchedule = Omit<StoredSchedule, 'last' | 'seq'>;

/** How a schedule moves on from an occurrence, together with the run that it starts, if it starts one. */
export interface ScheduleAdvance extends SchedulePosition {
  readonly scheduleId: string;
  /** The `seq` that was seen. If it is another by now, nothing of the unit is stored. */
  readonly seq: number;
  readonly last: LastOccurrence;
}

/** Which schedules to list, by id. */
export interface ScheduleFilter {
  readonly graphId?: string;
  /** Only schedules with a greater id. */
  readonly after?: string;
  readonly limit: number;
}

/** The schedules of the persistence port. What moves them on is part of the unit that starts a run. */
export interface ScheduleStore {
  /** Saves a new schedule, if its graph is there. */
  create(schedule: NewSchedule): Promise<'saved' | 'id_taken' | 'graph_missing'>;
  /** Saves a schedule in the place of the one that was seen. */
  replace(schedule: NewSchedule, seq: number): Promise<'saved' | 'moved' | 'graph_missing'>;
  /** Says whether there was one. */
  delete(scheduleId: string): Promise<boolean>;
  /** @throws UnreadableScheduleError */
  find(scheduleId: string): Promise<StoredSchedule | undefined>;
  /** The seq of a schedule that can perhaps not be read; undefined if there is none. */
  findSeq(scheduleId: string): Promise<number | undefined>;
  /** By id, without their input. Those that cannot be read are omitted. */
  list(filter: ScheduleFilter): Promise<ListedSchedule[]>;
  /**
   * Schedules to look at, the earliest first. Of servers that share the database one gets each: if it does not move the
   * schedule on within a few seconds, it is to be looked at again.
   */
  takeDue(time: number, limit: number): Promise<string[]>;
  /** When the next schedule is to be looked at. */
  nextWakeAt(): Promise<number | undefined>;
  /**
   * Has a schedule looked at again at a time; not at all if that is null.
   * @param seq the one that was seen: if it is another by now, nothing is done
   */
  setAside(scheduleId: string, until: number | null, seq?: number): Promise<void>;
}

/** Something that keeps a graph from being deleted. */
export interface GraphUse {
  readonly kind: 'schedule' | 'hook';
  readonly id: string;
}

/** Uses of a graph that are named when it cannot be deleted. */
export const MAX_NAMED_USES = 10;

/** What deleting a graph came to: what still uses it, if that keeps it. */
export type DeleteGraphResult = 'deleted' | 'missing' | 'active' | { readonly usedBy: readonly GraphUse[] };

import { definedOnly } from '../core/base/defined-only.js';
import { EngineError } from '../core/base/errors.js';
import type { Json } from '../core/base/json.js';
import { parseLargeJson } from '../core/base/json-parse.js';
import type { Actor } from '../core/run/actor.js';
import { calendarOf, listInstants } from '../core/schedule/calendar.js';
import {
  type PreviewRequest,
  type ScheduleDefinition,
  type ScheduleSettings,
  splitDefinition,
} from '../core/schedule/definition.js';
import { keepPosition } from '../core/schedule/occurrence.js';
import { UnreadableScheduleError } from '../store/errors.js';
import type { ListedSchedule, NewSchedule, StoredSchedule } from '../store/schedules.js';
import type { Idempotency } from '../store/store.js';
import { readScheduleCursor, scheduleCursorAfter } from './cursors.js';
import { graphNotFound } from './graphs.js';
import type { Page, RunDeps } from './shared.js';
import { checkInput, type StartedRun, startRun } from './start.js';

/** Instants that are shown of a schedule. */
const SHOWN_INSTANTS = 5;
/** How often a change is tried that meets the scheduler, which moves the schedule on. */
const MAX_TRIES = 20;

/** A schedule, with when it is due next. Times are milliseconds since 1970. */
export interface ScheduleView extends ListedSchedule {
  /** None if it is not enabled. */
  readonly next: readonly number[];
}

/** All that the engine does about schedules. */
export type ScheduleOperations = Pick<
  ScheduleUseCases,
  | 'createSchedule'
  | 'getSchedule'
  | 'listSchedules'
  | 'replaceSchedule'
  | 'deleteSchedule'
  | 'triggerSchedule'
  | 'previewSchedule'
>;

export function scheduleOperations(deps: ConstructorParameters<typeof ScheduleUseCases>[0]): ScheduleOperations {
  const schedules = new ScheduleUseCases(deps);
  return {
    createSchedule: (definition) => schedules.createSchedule(definition),
    getSchedule: (scheduleId) => schedules.getSchedule(scheduleId),
    listSchedules: (filter) => schedules.listSchedules(filter),
    replaceSchedule: (scheduleId, definition) => schedules.replaceSchedule(scheduleId, definition),
    deleteSchedule: (scheduleId) => schedules.deleteSchedule(scheduleId),
    triggerSchedule: (scheduleId, request) => schedules.triggerSchedule(scheduleId, request),
    previewSchedule: (request) => schedules.previewSchedule(request),
  };
}

/** What people do to schedules. */
export class ScheduleUseCases {
  constructor(private readonly deps: RunDeps) {}

  /** @throws EngineError `graph_not_found`, `schedule_exists`, `invalid_request`, `invalid_input`, `graph_unreadable`. */
  async createSchedule(definition: ScheduleDefinition): Promise<ScheduleView & { readonly inputData: Json }> {
    const { scheduleId: given, graphId, settings } = splitDefinition(definition);
    const scheduleId = given ?? `${graphId.slice(0, 80)}-${this.deps.newId().slice(-12)}`;
    const input = await this.#checkedInput(definition);
    const now = this.deps.now();
    const schedule = { ...newSchedule(scheduleId, graphId, settings, now), input };
    const result = await this.deps.store.schedules.create(schedule);
    if (result === 'graph_missing') throw graphNotFound(graphId);
    if (result === 'id_taken') {
      throw new EngineError('schedule_exists', `A schedule with the id "${scheduleId}" exists already.`);
    }
    return this.#view({ ...schedule, last: null, seq: 1 });
  }

  /** @throws EngineError `schedule_not_found`, `schedule_unreadable`. */
  async getSchedule(scheduleId: string): Promise<ScheduleView & { readonly inputData: Json }> {
    return this.#view(await this.#find(scheduleId));
  }

  /** Schedules by id, without their input. */
  async listSchedules({ graphId, limit, cursor }: Page & { readonly graphId?: string }): Promise<{
    readonly schedules: readonly ScheduleView[];
    readonly nextCursor: string | null;
  }> {
    const after = cursor === undefined ? undefined : readScheduleCursor(cursor);
    const found = await this.deps.store.schedules.list({ limit: limit + 1, ...definedOnly({ graphId, after }) });
    const shown = found.slice(0, limit);
    const schedules: ScheduleView[] = [];
    for (const schedule of shown) {
      // Instants of 200 schedules take some 200 ms.
      if (this.deps.turns.isOver()) await this.deps.turns.next();
      schedules.push({ ...schedule, next: nextInstants(schedule) });
    }
    const last = found.length > limit ? shown.at(-1) : undefined;
    return { schedules, nextCursor: last === undefined ? null : scheduleCursorAfter(last.scheduleId) };
  }

  /**
   * Replaces a schedule, be it one that cannot be read. Its next instant stays if it is due at the same times as before.
   * @throws EngineError as {@link createSchedule}, `schedule_not_found`.
   */
  async replaceSchedule(
    scheduleId: string,
    definition: ScheduleDefinition,
  ): Promise<ScheduleView & { readonly inputData: Json }> {
    const { graphId, settings } = splitDefinition(definition);
    const input = await this.#checkedInput(definition);
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const { schedule, seq, last } = await this.#replacement(scheduleId, graphId, settings);
      const result = await this.deps.store.schedules.replace({ ...schedule, input }, seq);
      if (result === 'graph_missing') throw graphNotFound(graphId);
      if (result === 'saved') return this.#view({ ...schedule, input, last, seq: seq + 1 });
    }
    throw new EngineError('server_busy', 'The schedule moves on all the time. Disable it first, or try again.', {
      retryAfterSeconds: 1,
    });
  }

  /** Runs that it has started are left alone. @throws EngineError `schedule_not_found`. */
  async deleteSchedule(scheduleId: string): Promise<void> {
    if (!(await this.deps.store.schedules.delete(scheduleId))) throw scheduleNotFound(scheduleId);
  }

  /**
   * Starts a run of a schedule now, whatever else it has started and whether it is enabled. It does not move the schedule on.
   * @throws EngineError `schedule_not_found`, `schedule_unreadable`, and what starting a run throws.
   */
  async triggerSchedule(
    scheduleId: string,
    request: Actor & { readonly idempotency?: Idempotency } = {},
  ): Promise<StartedRun> {
    const { graphId, settings, input } = await this.#find(scheduleId);
    const { version, limits, metadata } = settings;
    return startRun(this.deps, {
      graphId,
      inputData: await this.#parse(input),
      startedBy: { kind: 'schedule', id: scheduleId },
      ...definedOnly({ version, limits, metadata }),
      ...request,
    });
  }

  /** The next instants of a timing. */
  async previewSchedule({ count, after, ...timing }: PreviewRequest): Promise<readonly number[]> {
    return listInstants(calendarOf(timing), after === undefined ? this.deps.now() : Date.parse(after), count);
  }

  async #replacement(scheduleId: string, graphId: string, settings: ScheduleSettings) {
    const fresh = newSchedule(scheduleId, graphId, settings, this.deps.now());
    try {
      const before = await this.#find(scheduleId);
      const { createdAt, seq, last } = before;
      return { schedule: { ...fresh, createdAt, ...keepPosition(before, settings, fresh) }, seq, last };
    } catch (error) {
      if (!(error instanceof UnreadableScheduleError)) throw error;
      const seq = await this.deps.store.schedules.findSeq(scheduleId);
      if (seq === undefined) throw scheduleNotFound(scheduleId);
      return { schedule: fresh, seq, last: null };
    }
  }

  async #find(scheduleId: string): Promise<StoredSchedule> {
    const found = await this.deps.store.schedules.find(scheduleId);
    if (found === undefined) throw scheduleNotFound(scheduleId);
    return found;
  }

  /** The input as it is stored: as it was given, since the defaults of the graph are those of the start. */
  async #checkedInput({ graph_id: graphId, version, input_data: given = null }: ScheduleDefinition): Promise<string> {
    const graph = await this.deps.graphs.find(graphId, version);
    if (graph === undefined) throw graphNotFound(graphId, version);
    await checkInput(this.deps, graph, given as Json);
    return JSON.stringify(given);
  }

  async #view({ input, ...schedule }: StoredSchedule): Promise<ScheduleView & { readonly inputData: Json }> {
    return { ...schedule, inputData: await this.#parse(input), next: nextInstants(schedule) };
  }

  #parse(input: string): Promise<Json> {
    return this.deps.turns.inSlices(parseLargeJson(input));
  }
}

function newSchedule(
  scheduleId: string,
  graphId: string,
  settings: ScheduleSettings,
  now: number,
): Omit<NewSchedule, 'input'> {
  const nextAt = calendarOf(settings).next(now);
  const wakeAt = settings.enabled ? nextAt : null;
  return { scheduleId, graphId, settings, createdAt: now, updatedAt: now, nextAt, wakeAt };
}

function nextInstants({ settings, nextAt }: Pick<ListedSchedule, 'settings' | 'nextAt'>): readonly number[] {
  if (nextAt === null || !settings.enabled) return [];
  return [nextAt, ...listInstants(calendarOf(settings), nextAt, SHOWN_INSTANTS - 1)];
}

/** The error for a schedule that is not there. */
function scheduleNotFound(scheduleId: string): EngineError {
  return new EngineError(
    'schedule_not_found',
    `Schedule not found. No schedule has the id "${scheduleId.slice(0, 200)}".`,
  );
}

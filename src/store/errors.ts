/** The database cannot be opened. The message says why, in words for the person who starts the server. */
export class OpenDatabaseError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'OpenDatabaseError';
  }
}

/** Somebody else appended to the run first. Load the tail and decide again. */
export class ConflictError extends Error {
  constructor(readonly runId: string) {
    super(`The journal of run ${runId} has moved on.`);
    this.name = 'ConflictError';
  }
}

/** The idempotency key belongs to a run already. */
export class ReplayError extends Error {
  constructor(
    readonly runId: string,
    readonly fingerprint: string,
  ) {
    super(`The idempotency key belongs to run ${runId}.`);
    this.name = 'ReplayError';
  }
}

/** The delivery was accepted before, or its hook is gone. Look which, and answer as then. */
export class DeliveryTakenError extends Error {
  constructor(
    readonly hookId: string,
    readonly key: string,
  ) {
    super(`The delivery ${key} of hook ${hookId} was accepted before, or the hook is gone.`);
    this.name = 'DeliveryTakenError';
  }
}

/** The graph version of a new run is not there any more. */
export class GraphGoneError extends Error {
  constructor(graphId: string) {
    super(`Graph ${graphId} was deleted.`);
    this.name = 'GraphGoneError';
  }
}

/** The top run of a new child has as many runs inside it as it can have. */
export class TooManyDescendantsError extends Error {
  constructor(topRunId: string, limit: number) {
    super(`Run ${topRunId} cannot have more than ${limit} runs inside it.`);
    this.name = 'TooManyDescendantsError';
  }
}

/** The graph version of a new run was to be the latest, and is not any more. Look which is, and try again. */
export class GraphStaleError extends Error {
  constructor(readonly graphId: string) {
    super(`Graph ${graphId} has a newer version.`);
    this.name = 'GraphStaleError';
  }
}

/** Somebody else moved the schedule on, or changed it. Look at it again. */
export class ScheduleMovedError extends Error {
  constructor(readonly scheduleId: string) {
    super(`Schedule ${scheduleId} has moved on.`);
    this.name = 'ScheduleMovedError';
  }
}

/** What is stored of a schedule cannot be read. `reason` completes a sentence. */
export class UnreadableScheduleError extends Error {
  constructor(
    readonly scheduleId: string,
    readonly reason: string,
    cause?: unknown,
  ) {
    super(`Schedule "${scheduleId}" cannot be read: ${reason}.`, { cause });
    this.name = 'UnreadableScheduleError';
  }
}

/** The graph of a run refuses those for which there is no slot. */
export class ConcurrencyFullError extends Error {
  constructor(graphId: string, key: string | null, limit: number) {
    const [are, of] = [limit === 1 ? '1 run is' : `${limit} runs are`, key === null ? '' : ` for the key "${key}"`];
    super(`${are} under way${of}, which is as many as the concurrency of graph "${graphId}" allows.`);
    this.name = 'ConcurrencyFullError';
  }
}

/** The database could not be written, and nothing of the unit was, or not be read. The store keeps trying to get well. */
export class StoreUnavailableError extends Error {
  constructor(cause: unknown) {
    super('The database cannot be used at the moment.', { cause });
    this.name = 'StoreUnavailableError';
  }
}

/** The database failed while it committed: the change is stored, or it is not. Look before you try again. */
export class OutcomeUnknownError extends StoreUnavailableError {
  constructor(cause: unknown) {
    super(cause);
    this.name = 'OutcomeUnknownError';
  }
}

/** What is stored of a run cannot be read: it is damaged, or a newer release wrote it. `reason` completes a sentence. */
export class UnreadableRunError extends Error {
  constructor(
    readonly runId: string,
    readonly reason: string,
    cause?: unknown,
  ) {
    super(`Run ${runId} cannot be read: ${reason}.`, { cause });
    this.name = 'UnreadableRunError';
  }
}

/** The stored definition of a graph version cannot be read. `reason` completes a sentence. */
export class UnreadableGraphError extends Error {
  constructor(
    readonly graphId: string,
    readonly version: number,
    readonly reason: string,
    cause?: unknown,
  ) {
    super(`Version ${version} of graph "${graphId}" cannot be read: ${reason}.`, { cause });
    this.name = 'UnreadableGraphError';
  }
}

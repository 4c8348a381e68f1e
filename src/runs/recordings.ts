import type { Recording } from '../core/replay/recording.js';
import type { Store } from '../store/store.js';
import { missingJournal } from '../store/stored-records.js';
import { MAX_RECORDING_BYTES, parseRecording, type RawDeps, rawRecordings } from './raw-recordings.js';
import type { Turns } from './turns.js';

/** A run holds too much, with the runs inside it, to be read as a whole. */
export class RecordingTooLargeError extends Error {
  constructor(
    readonly runId: string,
    readonly maxBytes: number,
  ) {
    super(`Run ${runId} holds more than ${maxBytes / 1_048_576} MiB of events, with the runs inside it.`);
    this.name = 'RecordingTooLargeError';
  }
}

interface RecordingDeps extends RawDeps {
  readonly store: RawDeps['store'] & Pick<Store, 'outlineRun'>;
  readonly turns: RawDeps['turns'] & Pick<Turns, 'inSlices'>;
}

/**
 * Reads a run with all runs inside it; others have their turn in between. `undefined` if there is no such run.
 * @throws UnreadableRunError | RecordingTooLargeError
 */
export async function readRecording(
  deps: RecordingDeps,
  runId: string,
  maxBytes = MAX_RECORDING_BYTES,
): Promise<Recording | undefined> {
  for await (const raw of rawRecordings(deps, [runId], maxBytes)) {
    if ('isTooLarge' in raw) throw new RecordingTooLargeError(runId, maxBytes);
    if (raw.rows.length > 0) return deps.turns.inSlices(parseRecording(raw));
  }
  if ((await deps.store.outlineRun(runId)) === undefined) return undefined;
  throw missingJournal(runId);
}

import type { Client, RunEvent, RunState } from '../../client/client.js';
import { writeJsonLine, writeLine } from '../output.js';
import type { Terminal } from '../terminal.js';
import { lineOfEvent } from './event-line.js';
import { LiveView } from './live-view.js';
import { type RunEnd, RunProgress } from './run-progress.js';

export interface FollowOptions {
  readonly terminal: Terminal;
  readonly client: Client;
  readonly runId: string;
  /** Print the events as JSON, a line for each. */
  readonly json: boolean;
  /** What Ctrl+C does, as the live view says it. */
  readonly hint: string;
  /** Come back when the run, or one inside it, waits for a person. */
  readonly stopsAtWaits: boolean;
  /** How far the run was followed before. */
  readonly progress?: RunProgress;
}

/** Why a run is followed no longer. */
export type Followed = RunEnd | 'waiting' | 'interrupted';

/**
 * Shows the events of a run as they come, until it has ended: live on a terminal, else in plain lines. The connection can be
 * lost, and the server start again, in between.
 * @throws ApiError if there is no such run, or the server stays away
 */
export async function followRun(options: FollowOptions): Promise<Followed> {
  const { terminal, client, runId, progress = new RunProgress() } = options;
  const stop = new AbortController();
  const interrupted = terminal.interrupted();
  const signal = AbortSignal.any([interrupted, stop.signal]);
  const view = viewOf(options, progress, interrupted);
  const wait = options.stopsAtWaits ? new WaitForPerson(client, runId, stop, progress) : undefined;
  try {
    for await (const event of client.watchRun(runId, { after: progress.seq, signal })) {
      progress.add(event);
      view.show(event);
      wait?.look();
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    await view.close();
    stop.abort();
  }
  if (wait?.isOver) return 'waiting';
  return interrupted.aborted ? 'interrupted' : (progress.end ?? 'interrupted');
}

/** A way to show events. */
interface View {
  show(event: RunEvent): void;
  close(): Promise<void>;
}

function viewOf(options: FollowOptions, progress: RunProgress, signal: AbortSignal): View {
  const { terminal, runId, json } = options;
  const close = async (): Promise<void> => {};
  if (json) return { show: (event) => writeJsonLine(terminal, event), close };
  if (terminal.stdout.isTTY === true) return new LiveView({ ...options, progress, signal });
  return { show: (event) => writeLine(terminal.stdout, lineOfEvent(event, runId)), close };
}

/** Ends a watch as soon as its run waits for a person, and its events say so. */
class WaitForPerson {
  isOver = false;
  #isWaiting = false;

  constructor(
    client: Client,
    runId: string,
    private readonly stop: AbortController,
    private readonly progress: RunProgress,
  ) {
    const rested = ({ status }: RunState): void => {
      this.#isWaiting = status === 'WAITING';
      this.look();
    };
    // The watch has the same errors.
    client.waitForRun(runId, { signal: stop.signal }).then(rested, () => undefined);
  }

  /** Events can come later than the state that follows from them. */
  look(): void {
    if (!this.#isWaiting || !this.progress.isAtRest) return;
    this.isOver = true;
    this.stop.abort();
  }
}

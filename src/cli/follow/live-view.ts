import { createLogUpdate } from 'log-update';
import type { Client, RunState } from '../../client/client.js';
import { paintFor } from '../output.js';
import type { Terminal } from '../terminal.js';
import { frameOf } from './live-frame.js';
import type { RunProgress } from './run-progress.js';

/** How often the view is drawn, for the times of steps under way, and the least time between two readings of the state. */
const DRAW_MS = 250;
const READ_MS = 500;
/** Lines that are not steps, and the size of a terminal that does not say. */
const OTHER_LINES = 12;
const [COLUMNS, ROWS] = [80, 24];

export interface LiveViewOptions {
  readonly terminal: Terminal;
  readonly client: Client;
  readonly runId: string;
  readonly progress: RunProgress;
  readonly hint: string;
  /** Aborted when nobody looks any more. */
  readonly signal: AbortSignal;
}

/** Shows a run on a terminal, in place. */
export class LiveView {
  readonly #update: ReturnType<typeof createLogUpdate>;
  readonly #timer: ReturnType<typeof setInterval>;
  #state: RunState | undefined;
  #isStale = true;
  #reading: Promise<void> | undefined;
  #readAt = 0;

  constructor(private readonly options: LiveViewOptions) {
    // The cursor stays: nothing has to be put right, however the program ends.
    this.#update = createLogUpdate(options.terminal.stdout, { showCursor: true });
    this.#timer = setInterval(() => this.#tick(), DRAW_MS);
  }

  /** An event has come. */
  show(): void {
    this.#isStale = true;
    this.#tick();
  }

  /** Draws it as it is at the end, and leaves it there. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#reading;
    if (!this.options.signal.aborted) await this.#read();
    this.#draw();
    this.#update.done();
  }

  #tick(): void {
    const isDue = this.#isStale || this.options.progress.hasChildren;
    if (isDue && this.#reading === undefined && Date.now() - this.#readAt >= READ_MS) {
      this.#reading = this.#read().finally(() => {
        this.#reading = undefined;
        this.#draw();
      });
    }
    this.#draw();
  }

  /** The watch tells if the server is away. */
  async #read(): Promise<void> {
    const { client, runId, signal } = this.options;
    this.#isStale = false;
    this.#readAt = Date.now();
    const params = { path: { run_id: runId }, query: { logs_after: Number.MAX_SAFE_INTEGER } };
    const answer = await client.GET('/graph/state/{run_id}', { params, signal }).catch(() => undefined);
    this.#state = answer?.data ?? this.#state;
  }

  #draw(): void {
    const { runId, progress, terminal, hint } = this.options;
    const { columns = COLUMNS } = terminal.stdout;
    const rows = (terminal.stdout as { readonly rows?: number }).rows ?? ROWS;
    const maxSteps = Math.max(3, rows - OTHER_LINES);
    const frame = { runId, progress, state: this.#state, now: Date.now(), columns, maxSteps, hint };
    this.#update(frameOf({ ...frame, paint: paintFor(terminal.stdout) }).join('\n'));
  }
}

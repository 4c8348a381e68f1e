import { useEffect, useRef, useState } from 'preact/hooks';
import { ApiError, follow, getJson } from '../api.js';
import type { CapsuleEvent } from '../evidence/capsule-document.js';
import { wordsOf } from '../hooks.js';
import { StepReader } from '../journal/steps.js';
import { WAITS } from '../kinds.js';
import { FINISHED, type StreamedOutput } from '../types.js';
import type { RunState, Step } from '../wire-types.js';
import { changesData, isTold, stateAfter } from './live-state.js';
import { OutputText, type StepOutput } from './step-output.js';

/** A run as the page shows it. Its events are read once, as they come, and the rest follows from them. */
export interface LiveRun {
  readonly state: RunState | undefined;
  /** The events of its journal so far, without those of runs inside it. */
  readonly events: readonly CapsuleEvent[];
  /** The same steps that the API lists, without their `params`. */
  readonly steps: readonly Step[];
  /** What the step under way sends. */
  readonly output: StepOutput | undefined;
  readonly error: string | undefined;
  readonly connection: 'connecting' | 'live' | 'over' | 'lost';
  /** Follows the run again, after a request has made a finished run go on. */
  restart(): void;
}

/** At most one change of what is shown in this time, in milliseconds, however fast the run is. */
const SHOW_MS = 100;
/** At most one reading of the state in this time, in milliseconds. */
const READ_MS = 400;
const RECONNECT_MS = 1000;
/** How often the state is read again while it waits for runs inside it, whose progress its own events do not show. */
const CHILDREN_MS = 1500;
/** No line of the log: the events have them. */
const NO_LOGS = Number.MAX_SAFE_INTEGER;

type Shown = Omit<LiveRun, 'restart'>;
const NOTHING: Shown = {
  state: undefined,
  events: [],
  steps: [],
  output: undefined,
  error: undefined,
  connection: 'connecting',
};

/** Follows a run while it is shown. */
export function useRun(runId: string): LiveRun {
  const [shown, setShown] = useState<Shown>(NOTHING);
  const [turn, setTurn] = useState(0);
  const shownRun = useRef(runId);
  useEffect(() => {
    const controller = new AbortController();
    if (shownRun.current !== runId) setShown(NOTHING);
    shownRun.current = runId;
    const show = (changes: Partial<Shown>): void => {
      if (!controller.signal.aborted) setShown((before) => ({ ...before, ...changes }));
    };
    void followRun(encodeURIComponent(runId), controller.signal, show);
    return () => controller.abort();
  }, [runId, turn]);
  return { ...shown, restart: () => setTurn((before) => before + 1) };
}

async function followRun(runId: string, signal: AbortSignal, show: (changes: Partial<Shown>) => void): Promise<void> {
  const follower = new RunFollower(runId, signal, show);
  if (!(await follower.read())) return;
  while (!signal.aborted) {
    try {
      const end = await follow(runId, follower.seq, follower, signal);
      await follower.read();
      if (end === 'over' || follower.isOver) return show({ connection: 'over' });
      show({ connection: 'lost' });
    } catch (error) {
      if (signal.aborted) return;
      show({ connection: 'lost' });
      if (isRefused(error)) return show({ error: wordsOf(error) });
    }
    await new Promise((resolve) => setTimeout(resolve, RECONNECT_MS));
  }
}

/** An answer that will not change by asking again. */
function isRefused(error: unknown): boolean {
  return error instanceof ApiError && error.status >= 400 && error.status < 500;
}

/** Puts together what the page shows of a run: its state once, then what each event changes in it. */
class RunFollower {
  seq = 0;
  isOver = false;
  readonly #output: OutputText;
  readonly #reader = new StepReader();
  #events: readonly CapsuleEvent[] = [];
  #arrived: CapsuleEvent[] = [];
  #state: RunState | undefined;
  #hasData = false;
  /** How many steps had ended when `data` was read. */
  #dataSteps = 0;
  #reading: Promise<boolean> | undefined;
  #showTimer: Timer | undefined;
  #readTimer: Timer | undefined;
  #readDueAt = 0;
  #lastRead = 0;

  constructor(
    private readonly runId: string,
    private readonly signal: AbortSignal,
    private readonly show: (changes: Partial<Shown>) => void,
  ) {
    this.#output = new OutputText((output) => show({ output }));
    signal.addEventListener('abort', () => {
      clearTimeout(this.#showTimer);
      clearTimeout(this.#readTimer);
    });
  }

  onEvent(event: CapsuleEvent): void {
    this.seq = event.seq;
    this.#output.follow(event);
    this.#arrived.push(event);
    if (changesData(event)) this.#hasData = false;
    if (!isTold(event)) this.#readSoon(READ_MS);
    this.#showTimer ??= setTimeout(() => this.#showEvents(), SHOW_MS);
  }

  onOutput(sent: StreamedOutput): void {
    this.#output.add(sent);
  }

  /** Reads the state, one reading at a time. False if the server refuses it. */
  async read(): Promise<boolean> {
    clearTimeout(this.#readTimer);
    this.#readTimer = undefined;
    while (this.#reading !== undefined) await this.#reading;
    this.#reading = this.#read().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #read(): Promise<boolean> {
    this.#lastRead = performance.now();
    const isWhole = !this.#hasData;
    this.#hasData = true;
    try {
      const path = `graph/state/${this.runId}?logs_after=${NO_LOGS}${isWhole ? '' : '&data=false'}`;
      const read = await getJson<RunState>(path, this.signal);
      this.#showEvents();
      if (isWhole) this.#dataSteps = read.step_count;
      this.#take(isWhole ? read : this.#withKnown(read));
      return true;
    } catch (error) {
      if (isWhole) this.#hasData = false;
      if (!this.signal.aborted) this.show({ error: wordsOf(error) });
      return !isRefused(error);
    }
  }

  /** What was not read again is known from before. Steps can have ended since it was read. */
  #withKnown(read: RunState): RunState {
    const {
      data = {},
      input_data: input,
      step_count: steps = 0,
      current_node: node = null,
      attempt = null,
    } = this.#state ?? {};
    const later = steps > read.step_count ? { step_count: steps, current_node: node, attempt } : {};
    return { ...read, data, input_data: input, ...(isFinished(read) ? {} : later) };
  }

  #take(state: RunState): void {
    this.#state = state;
    this.isOver = isFinished(state);
    this.show({ state, error: undefined });
    const { waiting } = state;
    if (waiting !== null && WAITS[waiting.kind].hasChildren) this.#readSoon(CHILDREN_MS);
  }

  #showEvents(): void {
    clearTimeout(this.#showTimer);
    this.#showTimer = undefined;
    if (this.#arrived.length === 0) return;
    for (const event of this.#arrived) {
      this.#reader.read(event);
      if (this.#state !== undefined) this.#state = stateAfter(this.#state, event, this.#dataSteps);
    }
    this.#events = [...this.#events, ...this.#arrived];
    this.#arrived = [];
    this.show({ state: this.#state, events: this.#events, steps: this.#reader.steps, connection: 'live' });
  }

  #readSoon(wait: number): void {
    if (this.signal.aborted) return;
    const dueAt = Math.max(performance.now() + 30, this.#lastRead + wait);
    if (this.#readTimer !== undefined && this.#readDueAt <= dueAt) return;
    clearTimeout(this.#readTimer);
    this.#readDueAt = dueAt;
    this.#readTimer = setTimeout(() => void this.read(), dueAt - performance.now());
  }
}

type Timer = ReturnType<typeof setTimeout>;

export function isFinished(state: RunState): boolean {
  return FINISHED.has(state.status);
}

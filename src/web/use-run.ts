import { useEffect, useRef, useState } from 'preact/hooks';
import { ApiError, follow, getJson, getText } from './api.js';
import { wordsOf } from './hooks.js';
import { WAITS } from './kinds.js';
import { OutputText, type StepOutput } from './step-output.js';
import { FINISHED } from './types.js';
import type { RunState, Step, StepList } from './wire-types.js';

/** A run as the page shows it. */
export interface LiveRun {
  readonly state: RunState | undefined;
  /** The latest lines, {@link MAX_LOGS} at most. */
  readonly logs: readonly string[];
  readonly steps: readonly Step[];
  /** What the step under way sends. */
  readonly output: StepOutput | undefined;
  readonly picture: string | undefined;
  readonly pictureError: string | undefined;
  readonly error: string | undefined;
  readonly connection: 'connecting' | 'live' | 'over' | 'lost';
  /** Follows the run again, after a request has made a finished run go on. */
  restart(): void;
}

const MAX_LOGS = 5000;
const MAX_STEPS = 2000;
const PAGE = 200;
/** At most one refresh in this time, in milliseconds, however fast the run is. */
const REFRESH_MS = 400;
const RECONNECT_MS = 1000;
/** How often a run is read again while it waits for runs inside it. */
const CHILDREN_MS = 1500;

/** Reads a run again after each event, at most once every {@link REFRESH_MS}, and only what is new. */
class Reader {
  logs: string[] = [];
  isOver = false;
  /** It waits for runs inside it, whose progress its own events do not show. */
  hasChildrenUnderWay = false;
  #logsRead = 0;
  #settled: Step[] = [];
  #cursor: string | undefined;

  constructor(
    private readonly runId: string,
    private readonly signal: AbortSignal,
  ) {}

  async state(): Promise<RunState> {
    const state = await getJson<RunState>(`graph/state/${this.runId}?logs_after=${this.#logsRead}`, this.signal);
    this.isOver = isFinished(state);
    this.hasChildrenUnderWay = state.waiting !== null && WAITS[state.waiting.kind].hasChildren;
    this.#logsRead += state.logs.length;
    this.logs = [...this.logs, ...state.logs].slice(-MAX_LOGS);
    return this.#logsRead < state.logs_total && state.logs.length > 0 ? this.state() : state;
  }

  /** Reads full pages once, and the last page each time. */
  async steps(): Promise<Step[]> {
    const cursor = this.#cursor === undefined ? '' : `&cursor=${this.#cursor}`;
    const path = `graph/runs/${this.runId}/steps?limit=${PAGE}${cursor}`;
    const page = await getJson<StepList>(path, this.signal);
    if (page.next_cursor === null) return [...this.#settled, ...page.steps].slice(-MAX_STEPS);
    this.#cursor = page.next_cursor;
    this.#settled = [...this.#settled, ...page.steps].slice(-MAX_STEPS);
    return this.steps();
  }

  picture(): Promise<string> {
    return getText(`graph/runs/${this.runId}/diagram?format=svg`, this.signal);
  }
}

type Shown = Omit<LiveRun, 'restart'>;
const NOTHING: Shown = {
  state: undefined,
  logs: [],
  steps: [],
  output: undefined,
  picture: undefined,
  pictureError: undefined,
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
  const reader = new Reader(runId, signal);
  const refresh = refresher(reader, signal, show);
  if (!(await refresh.now())) return;
  const output = new OutputText((shown) => show({ output: shown }));
  let seq = 0;
  while (!signal.aborted) {
    try {
      const end = await follow(
        runId,
        seq,
        {
          onEvent: (event) => {
            seq = event.seq;
            output.follow(event);
            show({ connection: 'live' });
            refresh.soon();
          },
          onOutput: (sent) => output.add(sent),
        },
        signal,
      );
      await refresh.now();
      if (end === 'over' || reader.isOver) return show({ connection: 'over' });
      show({ connection: 'lost' });
    } catch (error) {
      if (signal.aborted) return;
      show({ connection: 'lost' });
      if (error instanceof ApiError && error.status >= 400 && error.status < 500)
        return show({ error: wordsOf(error) });
    }
    await new Promise((resolve) => setTimeout(resolve, RECONNECT_MS));
  }
}

function refresher(reader: Reader, signal: AbortSignal, show: (changes: Partial<Shown>) => void) {
  let running: Promise<boolean> | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let timerAt = 0;
  let last = 0;
  const read = async (): Promise<boolean> => {
    last = performance.now();
    try {
      const state = await reader.state();
      const steps = await reader.steps();
      show({ state, steps, logs: reader.logs, error: undefined });
      await reader.picture().then(
        (picture) => show({ picture, pictureError: undefined }),
        (error) => show({ pictureError: wordsOf(error) }),
      );
      if (reader.hasChildrenUnderWay) soon(CHILDREN_MS);
      return true;
    } catch (error) {
      if (!signal.aborted) show({ error: wordsOf(error) });
      return !(error instanceof ApiError && error.status >= 400 && error.status < 500);
    }
  };
  /** Runs one refresh at a time; a request during a refresh starts another one after it. */
  const now = async (): Promise<boolean> => {
    clearTimeout(timer);
    timer = undefined;
    while (running !== undefined) await running;
    running = read().finally(() => {
      running = undefined;
    });
    return running;
  };
  const soon = (wait = REFRESH_MS): void => {
    if (signal.aborted) return;
    const dueAt = Math.max(performance.now() + 30, last + wait);
    if (timer !== undefined && timerAt <= dueAt) return;
    clearTimeout(timer);
    timerAt = dueAt;
    timer = setTimeout(() => void now(), dueAt - performance.now());
  };
  return { now, soon };
}

export function isFinished(state: RunState): boolean {
  return FINISHED.has(state.status);
}

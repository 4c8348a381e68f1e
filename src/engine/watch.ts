import { EngineError } from '../core/base/errors.js';
import { isEndedAfter } from '../core/run/event-kinds.js';
import type { EventRecord } from '../core/run/events.js';
import type { OutputPiece } from '../runs/output-buffer.js';
import type { OutputGap, OutputReader } from '../runs/output-reader.js';
import type { RunOutput } from '../runs/run-output.js';
import type { Turns } from '../runs/turns.js';
import { UnreadableRunError } from '../store/errors.js';
import type { Signals } from '../store/signals.js';
import type { Store } from '../store/store.js';
import { FIRST_PAGE_EVENTS, RunTail } from './run-tail.js';
import { runNotFound } from './shared.js';

export interface WatchRun {
  /** Seq of the last event that the reader has; 0 if it has none. */
  readonly after: number;
  /** Milliseconds without an event after which an empty page is sent. */
  readonly idleMs: number;
  /** Ends the watch. */
  readonly signal?: AbortSignal;
}

/** A run that is being watched. */
export interface RunWatch {
  /** True if no event follows, unless the run is retried. */
  readonly isOver: boolean;
  /**
   * The events that follow, in order, in pages: each once, none omitted. An empty page means that nothing happened for
   * `idleMs`. Ends after the event that ends the run if it is the journal's last, and when the engine stops.
   */
  readonly pages: AsyncGenerator<readonly EventRecord[], void>;
}

export interface StreamRun extends WatchRun {
  /** Begin with what the step in flight has sent so far. */
  readonly replay: boolean;
}

/** What the steps of a run send while they work: chunks, and how many of them were dropped in between. */
export type OutputItem = OutputPiece | OutputGap;

/** Events as {@link RunWatch} has them, or what steps have sent. */
export type StreamPage =
  | { readonly kind: 'events'; readonly records: readonly EventRecord[] }
  | { readonly kind: 'output'; readonly items: readonly OutputItem[] };

/** A run that is being watched, with what its steps send. */
export interface RunStream extends Pick<RunWatch, 'isOver'> {
  readonly pages: AsyncGenerator<StreamPage, void>;
}

/** The use-cases of readers that follow a run as it happens. Pages are read when a reader asks for them. */
export class WatchUseCases {
  readonly #tails = new Map<string, { readonly tail: RunTail; readers: number }>();
  #stopping = false;

  constructor(
    private readonly deps: {
      readonly store: Store;
      readonly signals: Pick<Signals, 'subscribe'>;
      readonly turns: Turns;
      readonly output: Pick<RunOutput, 'open'>;
    },
  ) {}

  /**
   * Watches a run from an event on.
   * @throws EngineError `run_not_found`, `run_unreadable`, or `invalid_request` if the journal has no event `after` yet.
   */
  async watchRun(runId: string, request: WatchRun): Promise<RunWatch> {
    const { isOver, isLast } = await this.#find(runId, request);
    return { isOver, pages: eventsIn(this.#pages(runId, request, isLast, undefined)) };
  }

  /**
   * The same, and what the steps of the run send while they work.
   * @throws EngineError as `watchRun`
   */
  async streamRun(runId: string, request: StreamRun): Promise<RunStream> {
    const { isOver, isLast } = await this.#find(runId, request);
    const open = () => this.deps.output.open(runId, request.replay);
    return { isOver, pages: this.#pages(runId, request, isLast, open) };
  }

  /** Looks for the place where a watch begins. */
  async #find(runId: string, { after }: WatchRun): Promise<{ isOver: boolean; isLast: boolean }> {
    // The last event that the reader has. If it has none, the first, which shows that the run exists.
    const [known] = await this.deps.store.readEvents(runId, Math.max(0, after - 1), 1);
    if (known === undefined) throw await this.#refusal(runId, after);
    // Forks of release 1.0 have a gap in `seq`; after it comes an event that the reader does not have.
    const isLast = known.seq === after && (await this.#isEndedAt(runId, known));
    const isOver = isLast && (await this.deps.store.readEvents(runId, after, 1)).length === 0;
    // What cannot be read is refused while there is still somebody to tell.
    await this.#checkFirst(runId, after);
    return { isOver, isLast };
  }

  /** True if the run has ended by an event, and has not gone on before it. */
  async #isEndedAt(runId: string, { seq, event }: EventRecord): Promise<boolean> {
    if (event.type !== 'run.migrated') return isEndedAfter(false, event);
    const [before] = await this.deps.store.readEvents(runId, seq - 2, 1);
    return before !== undefined && this.#isEndedAt(runId, before);
  }

  /** Ends every watch, and each later one as soon as it begins. */
  stopWatching(): void {
    this.#stopping = true;
    for (const { tail } of this.#tails.values()) tail.wake();
  }

  /** Reads the first page for nothing but its errors, without listening to the run: its reader can be gone by then. */
  async #checkFirst(runId: string, after: number): Promise<void> {
    const shared = this.#tails.get(runId)?.tail;
    const { turns } = this.deps;
    if (turns.isOver()) await turns.next();
    await (shared === undefined ? this.deps.store.readEvents(runId, after, FIRST_PAGE_EVENTS) : shared.read(after));
  }

  async *#pages(
    runId: string,
    request: WatchRun,
    isLast: boolean,
    openOutput: (() => OutputReader) | undefined,
  ): AsyncGenerator<StreamPage, void> {
    const tail = this.#enter(runId);
    const output = openOutput?.();
    try {
      yield* this.#follow(tail, runId, request, isLast, output);
    } catch (error) {
      // The stream ends before what cannot be read, and whoever asks for that is refused.
      if (!(error instanceof UnreadableRunError)) throw error;
    } finally {
      output?.close();
      this.#leave(runId);
    }
  }

  async *#follow(
    tail: RunTail,
    runId: string,
    { after, idleMs, signal }: WatchRun,
    isLast: boolean,
    output: OutputReader | undefined,
  ): AsyncGenerator<StreamPage, void> {
    let [seq, ended] = [after, isLast];
    while (!this.#stopping && !signal?.aborted) {
      const isAnnounced = tail.seq > seq;
      const records = await tail.read(seq);
      const last = records.at(-1);
      if (last !== undefined) {
        yield* inOrder(records, output);
        [seq, ended] = [last.seq, records.reduce((before, { event }) => isEndedAfter(before, event), ended)];
      } else if (ended || (isAnnounced && !(await this.#hasEvents(runId, seq + 1)))) return;
      else if ((yield* waitForMore(tail, seq, { idleMs, signal }, output)) === 'idle') {
        if (!(await this.#hasEvents(runId, seq))) return;
        yield { kind: 'events', records: [] };
      }
    }
  }

  /** True if there are events from this seq on. False once the run is deleted, which nothing announces. */
  async #hasEvents(runId: string, seq: number): Promise<boolean> {
    return (await this.deps.store.readEvents(runId, Math.max(0, seq - 1), 1)).length > 0;
  }

  #enter(runId: string): RunTail {
    const entry = this.#tails.get(runId) ?? {
      tail: new RunTail(this.deps.store, this.deps.signals, runId, this.deps.turns),
      readers: 0,
    };
    entry.readers += 1;
    this.#tails.set(runId, entry);
    return entry.tail;
  }

  #leave(runId: string): void {
    const entry = this.#tails.get(runId);
    if (entry === undefined) return;
    entry.readers -= 1;
    if (entry.readers > 0) return;
    entry.tail.close();
    this.#tails.delete(runId);
  }

  async #refusal(runId: string, after: number): Promise<EngineError> {
    const [first] = await this.deps.store.readEvents(runId, 0, 1);
    if (first === undefined) return runNotFound(runId);
    const message = `The run has no event ${after} yet.`;
    return new EngineError('invalid_request', message, {
      errors: [{ pointer: '/after', code: 'invalid_value', message }],
    });
  }
}

/** Gives what steps send as it comes, until there can be events, or nothing came for a while. */
async function* waitForMore(
  tail: RunTail,
  seq: number,
  { idleMs, signal }: Pick<WatchRun, 'idleMs'> & { readonly signal: AbortSignal | undefined },
  output: OutputReader | undefined,
): AsyncGenerator<StreamPage, 'more' | 'idle'> {
  for (;;) {
    const what = await tail.next(seq, idleMs, signal, output);
    if (what !== 'output') return what;
    yield* outputBefore(Number.POSITIVE_INFINITY, output);
  }
}

/** Events, each after what was sent by steps that had begun before it. */
function* inOrder(records: readonly EventRecord[], output: OutputReader | undefined): Generator<StreamPage, void> {
  let from = 0;
  for (const [index, { seq }] of records.entries()) {
    if (output?.hasBefore(seq) !== true) continue;
    if (index > from) yield { kind: 'events', records: records.slice(from, index) };
    yield* outputBefore(seq, output);
    from = index;
  }
  yield { kind: 'events', records: from === 0 ? records : records.slice(from) };
}

function* outputBefore(seq: number, output: OutputReader | undefined): Generator<StreamPage, void> {
  const items = output?.takeBefore(seq) ?? [];
  if (items.length > 0) yield { kind: 'output', items };
}

async function* eventsIn(pages: AsyncGenerator<StreamPage, void>): AsyncGenerator<readonly EventRecord[], void> {
  for await (const page of pages) if (page.kind === 'events') yield page.records;
}

import { type EventSourceMessage, EventSourceParserStream } from 'eventsource-parser/stream';
import type { Client as Requests } from 'openapi-fetch';
import { dataOf, unreachable } from './api-error.js';
import type { components, paths } from './api-types.js';
import { Backoff, type Patience } from './persist.js';

type Schemas = components['schemas'];

/** An event of the journal of a run. */
export type RunEvent = Schemas['RunEvent'];
/** What a step sends while it works, or how many chunks of it are missing. */
export type StepOutput =
  | ({ readonly type: 'output' } & Schemas['OutputEvent'])
  | ({ readonly type: 'output_gap' } & Schemas['OutputGapEvent']);

export interface WatchOptions {
  /** Only events with a larger `seq`; 0 if it is omitted. */
  readonly after?: number;
  /** Also yields what steps send while they work. */
  readonly output?: boolean;
  readonly signal?: AbortSignal;
}

export interface WatchLimits extends Pick<Patience, 'reconnectSeconds'> {
  /** Where the server is. */
  readonly url: string;
  /** A connection that has been silent for these milliseconds is lost. */
  readonly silentMs: number;
}

const ENDS = /^run\.(completed|failed|cancelled)$/;

/** Yields the events of a run, across connections: each once, none omitted. */
export async function* watchRun(
  requests: Pick<Requests<paths>, 'GET'>,
  runId: string,
  { after = 0, output = false, signal }: WatchOptions,
  { url, silentMs, reconnectSeconds }: WatchLimits,
): AsyncGenerator<RunEvent | StepOutput, void> {
  const backoff = new Backoff({ reconnectSeconds, signal });
  const progress = new Progress(after);
  for (;;) {
    const connection = new Connection(requests, url, silentMs, signal);
    progress.reconnected();
    try {
      for await (const item of connection.open(runId, progress.seq, output)) {
        backoff.reset();
        if (progress.isNew(item) && (output || !isOutput(item))) yield item;
      }
      if (progress.isOver || connection.isOver) return;
      throw unreachable(url, new Error('The event stream ended before the run did.'));
    } catch (error) {
      await backoff.pauseAfter(error);
    } finally {
      connection.close();
    }
  }
}

function isOutput(item: RunEvent | StepOutput): item is StepOutput {
  return item.type === 'output' || item.type === 'output_gap';
}

/** How far a watch is, and what a new connection repeats. */
class Progress {
  /** The last event was one that ends a run. */
  isOver = false;
  /** The index of the last chunk of the call under way. */
  #chunk = -1;
  #isRepeating = false;

  /** @param seq that of the last event that is known */
  constructor(public seq: number) {}

  /** What the step under way has sent so far comes once more. */
  reconnected(): void {
    this.#isRepeating = this.#chunk >= 0;
  }

  /** Takes note of what has come. A chunk that is known comes again for two reasons: the connection is new, or the step is called again. */
  isNew(item: RunEvent | StepOutput): boolean {
    if (!isOutput(item)) {
      this.seq = item.seq;
      // A run that has ended stays so when it is moved to another version of its graph.
      if (item.type !== 'run.migrated') this.isOver = ENDS.test(item.type);
      this.#chunk = -1;
      this.#isRepeating = false;
      return true;
    }
    if (item.type === 'output_gap') return !this.#isRepeating;
    if (this.#isRepeating && item.index <= this.#chunk) return false;
    this.#isRepeating = false;
    this.#chunk = item.index;
    return true;
  }
}

/** One request for the event stream of a run. */
class Connection {
  /** The server says that nothing follows. */
  isOver = false;
  readonly #controller = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly requests: Pick<Requests<paths>, 'GET'>,
    private readonly url: string,
    private readonly silentMs: number,
    private readonly signal: AbortSignal | undefined,
  ) {
    signal?.addEventListener('abort', this.close);
    if (signal?.aborted) this.close();
  }

  /** @throws ApiError if there is no stream, or it is cut */
  async *open(runId: string, after: number, output: boolean): AsyncGenerator<RunEvent | StepOutput, void> {
    this.#heard();
    const params = {
      path: { run_id: runId },
      query: output ? { output: 'true' as const } : {},
      // Not `after`: with this the server says so if nothing follows.
      header: { 'last-event-id': String(after) },
    };
    const answer = await this.requests.GET('/graph/runs/{run_id}/events', {
      params,
      parseAs: 'stream',
      signal: this.#controller.signal,
    });
    const body = dataOf(answer);
    this.isOver = answer.response.status === 204;
    if (body === null || body === undefined) return;
    const messages = body.pipeThrough(this.#decoder()).pipeThrough(new EventSourceParserStream());
    yield* this.#read(messages.getReader());
  }

  /** Lets go of the connection. */
  readonly close = (): void => {
    clearTimeout(this.#timer);
    this.signal?.removeEventListener('abort', this.close);
    this.#controller.abort();
  };

  async *#read(reader: ReadableStreamDefaultReader<EventSourceMessage>): AsyncGenerator<RunEvent | StepOutput, void> {
    const read = () =>
      reader.read().catch((error: unknown) => {
        throw unreachable(this.url, error);
      });
    for (let next = await read(); !next.done; next = await read()) yield parse(next.value);
  }

  /** Takes note of whatever comes: a server that has nothing to say sends comments. */
  #decoder(): TransformStream<Uint8Array, string> {
    const decoder = new TextDecoder();
    return new TransformStream({
      transform: (bytes, controller) => {
        this.#heard();
        controller.enqueue(decoder.decode(bytes, { stream: true }));
      },
    });
  }

  #heard(): void {
    clearTimeout(this.#timer);
    const silent = (): void =>
      this.#controller.abort(unreachable(this.url, new Error('It has been silent for too long.')));
    this.#timer = setTimeout(silent, this.silentMs);
  }
}

function parse({ event, data }: EventSourceMessage): RunEvent | StepOutput {
  const parsed = JSON.parse(data);
  return event === 'output' || event === 'output_gap' ? { type: event, ...parsed } : parsed;
}

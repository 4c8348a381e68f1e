import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { Arrivals } from './arrivals.js';

export interface StreamEvent {
  /** NaN if it has none. */
  readonly id: number;
  readonly event: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into events of every shape.
  readonly data: any;
}

/** A stream of events over a real socket. */
export interface Stream {
  readonly status: number;
  readonly answer: IncomingMessage;
  readonly sent: ClientRequest;
  readonly events: StreamEvent[];
  /** Bytes that were read. */
  readonly received: () => number;
  /** Resolves when there are this many events. */
  count(count: number): Promise<void>;
  /** Resolves when the server has ended the stream, with its events. */
  ended: Promise<StreamEvent[]>;
  pause(): void;
  resume(): void;
  /** Hangs up. */
  cut(): void;
}

/** Opens a stream; resolves with the head of the answer. */
export function openStream(url: string, headers: Record<string, string> = {}): Promise<Stream> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { headers, agent: false }, (answer) => resolve(streamOf(sent, answer)));
    sent.on('error', reject);
    sent.end();
  });
}

function streamOf(sent: ClientRequest, answer: IncomingMessage): Stream {
  const events = new Arrivals<StreamEvent>();
  let text = '';
  let received = 0;
  answer.setEncoding('utf8');
  answer.on('data', (chunk: string) => {
    received += chunk.length;
    const frames = (text + chunk).split('\n\n');
    text = frames.pop() ?? '';
    for (const frame of frames) if (!frame.startsWith(':')) events.add(eventOf(frame));
  });
  const ended = new Promise<StreamEvent[]>((resolve) => answer.once('close', () => resolve(events.all)));
  answer.on('error', () => undefined);
  return {
    status: answer.statusCode ?? 0,
    answer,
    sent,
    events: events.all,
    received: () => received,
    count: (count) => events.reach(count),
    ended,
    pause: () => void answer.pause(),
    resume: () => void answer.resume(),
    cut: () => void sent.destroy(),
  };
}

function eventOf(frame: string): StreamEvent {
  const field = (name: string): string => {
    const line = frame.split('\n').find((each) => each.startsWith(`${name}: `));
    if (line === undefined) throw new Error(`no ${name} in ${frame}`);
    return line.slice(name.length + 2);
  };
  const id = frame.startsWith('id: ') ? Number(field('id')) : Number.NaN;
  return { id, event: field('event'), data: JSON.parse(field('data')) };
}

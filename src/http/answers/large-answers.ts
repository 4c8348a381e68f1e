import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import type { JsonObject } from '../../core/base/json.js';
import { estimateBytes } from '../../core/base/json-size.js';
import type { Engine } from '../../engine/engine.js';
import type { App } from '../app-type.js';
import { AnswersUnderWay, busy } from './answers-under-way.js';
import { JsonTexts, LARGE_BYTES, type Pieces } from './json-texts.js';

const JSON_TYPE = 'application/json; charset=utf-8';

/** What routes send large answers with. */
export interface AnswerOptions {
  readonly answers: LargeAnswers;
}

/** Sends what can be large: without stopping the server, and within the memory that answers can take together. */
export class LargeAnswers {
  readonly underWay = new AnswersUnderWay();
  readonly #texts: JsonTexts;

  constructor(private readonly engine: Pick<Engine, 'takeTurn'>) {
    this.#texts = new JsonTexts(() => engine.takeTurn());
  }

  /**
   * Checks, before a large answer is made, that it will fit and that there is still somebody to read it.
   * @param bytes about the size of the answer
   * @throws ApiError `server_busy`.
   */
  admit(reply: FastifyReply, bytes: number): void {
    if (reply.raw.destroyed) throw busy();
    this.underWay.check(bytes);
  }

  /**
   * Makes JSON ready to be sent, whose large frozen parts are made text once for all answers. From here on nothing but
   * the text is held.
   * @returns a function that sends it. A reply is not resolved with, because it resolves only when its client has read it.
   * @throws ApiError `server_busy`.
   */
  async prepare(reply: FastifyReply, answer: object): Promise<() => FastifyReply> {
    // What is sent is JSON, though its type need not say so.
    const json = answer as JsonObject;
    if (estimateBytes(json, LARGE_BYTES) <= LARGE_BYTES) return () => reply.send(answer);
    const pieces = await this.#texts.print(json);
    this.underWay.hold(pieces, reply.raw);
    const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
    return () =>
      reply
        .type(JSON_TYPE)
        .header('content-length', String(length))
        .send(Readable.from(this.#inTurns(pieces), { objectMode: false }));
  }

  /** The system takes some MB of an answer at once, which is copied: many answers at once would hold the server. */
  async *#inTurns(pieces: Pieces): AsyncGenerator<Buffer> {
    for (const piece of pieces) {
      await this.engine.takeTurn();
      yield piece;
    }
  }

  /** Counts every other answer that is large as under way too, and so every one that is not sent by {@link send}. */
  countAll(app: App): void {
    app.addHook('onSend', (request, reply, payload, done) => {
      if (typeof payload !== 'string' || payload.length <= LARGE_BYTES || request.method === 'HEAD') {
        done(null, payload);
        return;
      }
      const piece = Buffer.from(payload);
      try {
        this.underWay.hold([piece], reply.raw, { always: request.method !== 'GET' });
        done(null, piece);
      } catch (error) {
        done(error as Error);
      }
    });
  }
}

import fastify, { type FastifyReply } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { expect, it } from 'vitest';
import { LargeAnswers } from '../../../src/http/answers/large-answers.js';
import { sendError } from '../../../src/http/errors/problem.js';

it('a large answer is handed over in pieces, with a turn before each', async () => {
  let turns = 0;
  const takeTurn = async (): Promise<void> => {
    turns += 1;
  };
  const answers = new LargeAnswers({ takeTurn });
  const answer = { data: Object.freeze({ items: Array.from({ length: 200_000 }, (_, at) => `item ${at}`) }) };
  const app = fastify();
  app.get('/', async (_request, reply) => (await answers.prepare(reply, answer))());
  const first = await app.inject('/');
  turns = 0;
  // Its text is there already.
  const second = await app.inject('/');
  expect(second.json()).toEqual(answer);
  expect(second.body).toBe(first.body);
  expect(turns).toBeGreaterThanOrEqual(second.body.length / 270_000);
  expect(turns).toBeGreaterThan(8);
  await app.close();
});

const BUDGET = 67_108_864;
const busy = expect.objectContaining({ code: 'server_busy' });

it.each(['a JSON answer', 'a text'])(
  '%s that does not fit is refused without the entity tag that it would have had',
  async (kind) => {
    const answers = new LargeAnswers({ takeTurn: async () => undefined });
    const app = fastify().withTypeProvider<ZodTypeProvider>();
    app.setErrorHandler(sendError);
    answers.countAll(app);
    const text = 'x'.repeat(100_000);
    app.get('/', async (_request, reply) => {
      reply.header('etag', '"1"');
      return kind === 'a text' ? reply.send(text) : (await answers.prepare(reply, { data: Object.freeze({ text }) }))();
    });
    const release = answers.underWay.take([Buffer.alloc(BUDGET)]);
    const refused = await app.inject('/');
    expect(refused.statusCode).toBe(503);
    expect(refused.json()).toMatchObject({ code: 'server_busy' });
    expect(refused.headers['retry-after']).toBe('5');
    expect(refused.headers.etag).toBeUndefined();
    release();
    expect(await app.inject('/')).toMatchObject({ statusCode: 200, headers: { etag: '"1"' } });
    await app.close();
  },
);

it('a large answer is not begun if it will not fit, or if its client has gone', () => {
  const answers = new LargeAnswers({ takeTurn: async () => undefined });
  const replyTo = (destroyed: boolean) => ({ raw: { destroyed } }) as FastifyReply;
  answers.admit(replyTo(false), 2 * BUDGET);
  expect(() => answers.admit(replyTo(true), 1)).toThrow(busy);
  const release = answers.underWay.take([Buffer.alloc(BUDGET / 2)]);
  answers.admit(replyTo(false), BUDGET / 2);
  expect(() => answers.admit(replyTo(false), BUDGET / 2 + 1)).toThrow(busy);
  release();
  answers.admit(replyTo(false), BUDGET / 2 + 1);
});

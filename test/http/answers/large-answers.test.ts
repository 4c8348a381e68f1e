import fastify from 'fastify';
import { expect, it } from 'vitest';
import { LargeAnswers } from '../../../src/http/answers/large-answers.js';

it('a large answer is handed over in pieces, with a turn before each', async () => {
  let turns = 0;
  const takeTurn = async (): Promise<void> => {
    turns += 1;
  };
  const answers = new LargeAnswers({ takeTurn });
  const answer = { data: Object.freeze({ items: Array.from({ length: 200_000 }, (_, at) => `item ${at}`) }) };
  const app = fastify();
  app.get('/', (_request, reply) => answers.send(reply, answer));
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

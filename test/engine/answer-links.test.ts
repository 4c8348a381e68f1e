import { describe, expect, it, onTestFinished } from 'vitest';
import { startEngine } from '../helpers/engine.js';
import { findPostgres } from '../helpers/postgres.js';

const postgres = await findPostgres();

const GRAPH = {
  graphId: 'asks',
  name: 'Asks',
  entry_point: 'asks',
  nodes: [{ name: 'asks', tool_name: 'wait_for_input', params: { message: 'Go on?' } }],
  edges: [],
};

describe.skipIf(postgres === undefined)('servers on one database', () => {
  it('make the same approval links, and each takes answers to what others drive', async () => {
    const path = await postgres!.newSchema();
    // They start together, and only one of them can make the key.
    const options = { path, publicUrl: 'https://example.org' };
    const [one, other] = await Promise.all([startEngine(options), startEngine({ ...options, maxConcurrentRuns: 0 })]);
    onTestFinished(async () => {
      await Promise.all([one.stop(0), other.stop(0)]);
    });
    await one.engine.createGraph(GRAPH);
    const { runId } = await one.engine.startRun({ graphId: 'asks', inputData: null });
    const { answerToken } = await one.engine.getState(runId, { waitSeconds: 30 });
    expect((await other.engine.getState(runId)).answerToken).toBe(answerToken);
    const link = other.engine.readAnswerToken(answerToken!)!;
    expect(link).toEqual({ runId, waitId: 'w3' });
    expect(await other.engine.getQuestion(link)).toEqual({ message: 'Go on?', schema: null, until: null });
    await other.engine.answerQuestion(link, 'yes');
    const { state } = await one.engine.getState(runId, { waitSeconds: 30 });
    expect(state).toMatchObject({ phase: { kind: 'completed' }, data: { asks: 'yes' } });
    await expect(one.engine.answerQuestion(link, 'no')).rejects.toMatchObject({ code: 'answer_link_over' });
  }, 60_000);
});

import { readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type GraphDefinition, graphDefinitionSchema } from '../../src/core/graph/definition.js';
import { createRegistry } from '../../src/core/tool/registry.js';
import { builtInTools } from '../../src/tools/built-in-tools.js';
import { diagnose } from '../helpers/all-steps.js';
import { startEngine, type TestEngine } from '../helpers/engine.js';
import { flatten } from '../helpers/flat-run.js';
import { startHttpServer } from '../helpers/http-server.js';
import { until } from '../helpers/until.js';

function read(name: string): GraphDefinition {
  const url = new URL(`../../examples/${name}/graph.json`, import.meta.url);
  return graphDefinitionSchema.parse(JSON.parse(readFileSync(url, 'utf8')));
}

let test: TestEngine;
beforeEach(async () => {
  test = await startEngine();
});
afterEach(() => test.stop(0));

async function start(name: string, inputData: unknown): Promise<string> {
  await test.engine.createGraph(read(name));
  return (await test.engine.startRun({ graphId: name, inputData: inputData as never })).runId;
}

function endOf(runId: string) {
  return until(async () => {
    const { state, logs } = await test.engine.getState(runId, { waitSeconds: 30 });
    return flatten(state).finishedAt === null ? undefined : { ...flatten(state), logs };
  });
}

const json = (response: ServerResponse, status: number, body: unknown) =>
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));

it.each(['first-of-three', 'quorum', 'batch'])('the doctor finds nothing in the example %s', (name) => {
  const registry = createRegistry(builtInTools({ now: Date.now, httpAllow: [], llmBaseUrl: 'http://127.0.0.1:9/v1' }));
  expect(diagnose(read(name), registry)).toEqual({ errors: [], warnings: [] });
});

describe('the example first-of-three', () => {
  /** One never answers, one answers at once with this status, and one once the first two were asked. */
  async function race(statuses: { second: number; third: number }) {
    const service = await startHttpServer(({ url }, response) => {
      if (url.startsWith('/second')) json(response, statuses.second, { from: 'second' });
      if (!url.startsWith('/third')) return;
      const asked = () => service.received.length === 3;
      void until(asked).then(() => json(response, statuses.third, { from: 'third' }));
    });
    const providers = ['first', 'second', 'third'].map((name) => `${service.url}/${name}`);
    return start('first-of-three', { providers, question: 'how much?' });
  }

  it('takes the first answer, and lets the others go', async () => {
    const run = await endOf(await race({ second: 500, third: 200 }));
    expect(run).toMatchObject({ status: 'COMPLETED', data: { answer: { body: { from: 'third' } } } });
    expect(run.logs).toContain('Joined 1 of 3 branches; 1 failed, 1 was cancelled.');
  });

  it('says so if none of them answers', async () => {
    const runId = await race({ second: 500, third: 503 });
    const silent = await until(async () => {
      const { runs } = await test.engine.listRuns({ limit: 10, parentRunId: runId });
      return runs.filter(({ status }) => status === 'FAILED').length === 2
        ? runs.find(({ branch }) => branch === 'north')
        : undefined;
    });
    await test.engine.cancelRun(silent.runId);
    expect(await endOf(runId)).toMatchObject({
      status: 'FAILED',
      error: { code: 'no_answer', message: expect.stringContaining('No branch completed. Branch 1 (south) failed') },
    });
  });
});

describe('the example quorum', () => {
  const input = { title: 'News', approvers: ['Ada', 'Bo', 'Cy'] };

  async function answer(...answers: [name: string, approved: boolean][]): Promise<string> {
    const runId = await start('quorum', input);
    const waiting = await until(async () => {
      const { waitingChildren } = await test.engine.getState(runId);
      return waitingChildren.length === 3 ? waitingChildren : undefined;
    });
    for (const [name, approved] of answers) {
      const child = waiting.find(({ branch }) => branch === name);
      await test.engine.resumeRun(child?.runId ?? '', { payload: { approved } });
    }
    return runId;
  }

  it('publishes as soon as two have approved, and asks the third no more', async () => {
    const run = await endOf(await answer(['Cy', true], ['Ada', true]));
    expect(run).toMatchObject({ status: 'COMPLETED', data: { approved_by: ['Ada', 'Cy'] } });
    expect(run.logs).toContain('Joined 2 of 3 branches; 1 was cancelled.');
  });

  it('publishes with one who declines', async () => {
    const run = await endOf(await answer(['Ada', false], ['Bo', true], ['Cy', true]));
    expect(run).toMatchObject({ status: 'COMPLETED', data: { approved_by: ['Bo', 'Cy'] } });
  });

  it('is rejected as soon as two have declined', async () => {
    const message = 'Not published. Fewer than 2 branches completed. Branch 0 (ask) failed: Ada has declined.';
    expect(await endOf(await answer(['Bo', false], ['Ada', false]))).toMatchObject({
      status: 'FAILED',
      error: { code: 'rejected', message },
    });
  });
});

describe('the example batch', () => {
  /** Items that the service refuses. */
  async function send(isRefused: (item: number) => boolean) {
    const service = await startHttpServer(({ body }, response) => {
      const { n } = JSON.parse(body) as { n: number };
      json(response, isRefused(n) ? 422 : 200, { n });
    });
    const items = Array.from({ length: 500 }, (_, n) => ({ n }));
    const runId = await start('batch', { service: service.url, items });
    // Nothing in it waits for a person, so it has ended when this answers.
    const { state, logs } = await test.engine.getState(runId, { waitSeconds: 60 });
    return { ...flatten(state), logs };
  }

  it('handles 500 items, and lists those that failed', async () => {
    const { status, data, logs } = await send((n) => n % 20 === 7);
    expect(status).toBe('COMPLETED');
    expect(data).toMatchObject({ handled: 475, failed: Array.from({ length: 25 }, (_, index) => 20 * index + 7) });
    expect((data.errors as object[])[0]).toMatchObject({ index: 7, node: 'handle', code: 'http_status' });
    expect(logs).toContain('Joined 475 of 500 branches; 25 failed.');
  }, 90_000);

  it('stops when more have failed, and says how many it has handled', async () => {
    const { status, error } = await send((n) => n % 2 === 1);
    const message = expect.stringMatching(
      /^The batch was stopped. More than 25 of the branches did not complete. Branch 1 /,
    );
    const handled = expect.any(Number);
    expect({ status, error }).toMatchObject({
      status: 'FAILED',
      error: { code: 'batch_stopped', message, details: { handled } },
    });
    const details = error?.details as { handled: number };
    expect(details.handled).toBeGreaterThanOrEqual(10);
    expect(details.handled).toBeLessThan(200);
  }, 90_000);
});

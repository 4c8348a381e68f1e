import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { graphDefinitionSchema } from '../../src/core/graph/definition.js';
import { codeReviewDefinitions } from '../../src/demo/definitions.js';
import { makeDemoWork } from '../../src/demo/demo-work.js';
import { demoExamples } from '../../src/demo/examples/all-examples.js';
import { parcels } from '../../src/demo/examples/parcels.js';
import { tour } from '../../src/demo/examples/tour.js';
import { trip } from '../../src/demo/examples/trip.js';
import { createTestKit, type TestKit, type TestRun } from '../../src/testing/kit.js';

/** How long the calls of demo_work have slept, in all branches together. */
let sleptMs: number;
let kit: TestKit;
beforeEach(async () => {
  sleptMs = 0;
  const work = makeDemoWork(async (ms) => {
    sleptMs += ms;
  });
  kit = await createTestKit({ definitions: [...codeReviewDefinitions, work] });
});
afterEach(() => kit.close());

const run = ({ definition, start }: typeof tour): Promise<TestRun> =>
  kit.run(definition, { input: start.inputData, metadata: start.metadata });

describe.each(demoExamples.map((example) => ({ id: example.definition.graph_id, example })))('$id', ({ example }) => {
  it('is a graph that nothing is wrong with, and that says what it is', async () => {
    const { definition } = example;
    expect(graphDefinitionSchema.parse(definition)).toEqual(definition);
    expect(await kit.engine.validateGraph(definition)).toEqual({ valid: true, errors: [], warnings: [] });
    expect(definition.graph_id).toMatch(/^demo-/);
    expect(definition.description).toContain('What to look at:');
  });
});

describe('the tour', () => {
  /** Through its branches and its loop, to the question. */
  async function toQuestion(): Promise<TestRun> {
    const started = await run(tour);
    await kit.advance('5 seconds');
    return started;
  }

  it('goes through branches, a retry and a loop, and asks', async () => {
    const asking = await toQuestion();
    expect(asking.waiting).toMatchObject({
      kind: 'input',
      message: 'Shall "How runs survive crashes" be published?',
      schema: { properties: { decision: { enum: ['approve', 'reject'] } } },
    });
    const loop = ['proofread', 'correct', 'proofread', 'correct', 'proofread'];
    expect(asking.path).toEqual(['plan', 'assemble', ...loop, 'ask']);
    const branches = [['write_text'], ['draw_pictures'], ['find_sources', 'cite_sources']];
    expect(asking.children.map(({ path }) => path)).toEqual(branches);
    expect(asking.data).toMatchObject({ draw_pictures: { attempts: 2 }, write_text: { attempts: 1 } });
  });

  it('takes about twenty seconds, with the longest branch', async () => {
    const asking = await toQuestion();
    await asking.answer(tour.answer);
    const inOtherBranches = 2 + 2 + 2;
    expect(sleptMs / 1000 - inOtherBranches).toBeGreaterThan(15);
    expect(sleptMs / 1000 - inOtherBranches).toBeLessThan(25);
  });

  it.each([
    ['approve', 'Published.', ['publish', 'published']],
    ['reject', 'Rejected, and put aside.', ['put_aside']],
  ])('ends after the answer "%s"', async (decision, result, end) => {
    const asking = await toQuestion();
    await asking.answer({ decision });
    expect([asking.status, asking.data.result]).toEqual(['COMPLETED', result]);
    expect(asking.path.slice(-end.length)).toEqual(end);
  });

  it('ends if nobody answers for an hour', async () => {
    const asking = await toQuestion();
    await kit.advance('1 hour');
    expect([asking.status, asking.data.result]).toEqual(['COMPLETED', 'Nobody answered in an hour.']);
  });
});

describe('the parcels', () => {
  it('are delivered but for the one that is lost', async () => {
    const { status, data, children } = await run(parcels);
    expect([status, data.delivered, data.lost]).toEqual(['COMPLETED', 7, ['lost']]);
    expect(children).toHaveLength(8);
  });
});

describe('the trip', () => {
  it('is undone if the card cannot be charged', async () => {
    const booking = await run(trip);
    await kit.advance('1 second');
    expect(booking.path).toEqual([
      'book_flight',
      'book_hotel',
      'charge',
      'cancel_hotel',
      'cancel_flight',
      'not_booked',
    ]);
    expect(booking.status).toBe('COMPLETED');
  });

  it('is booked if it can', async () => {
    const booked = await kit.run(trip.definition, { input: { card_works: true } });
    expect(booked.path).toEqual(['book_flight', 'book_hotel', 'charge', 'booked']);
  });
});

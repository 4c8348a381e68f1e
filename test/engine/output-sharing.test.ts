import { describe, expect, it } from 'vitest';
import { defineTool, type ToolContext } from '../../src/core/tool/tool.js';
import type { Engine } from '../../src/engine/engine.js';
import { Arrivals } from '../helpers/arrivals.js';
import { startEngine } from '../helpers/engine.js';
import { findPostgres } from '../helpers/postgres.js';
import { chain, gate } from '../helpers/tools.js';
import { until } from '../helpers/until.js';

const postgres = await findPostgres();

/** What a stream of a run has, as it comes: types of events, and chunks. */
function watch(engine: Engine, runId: string, replay: boolean): { seen: string[]; over: Promise<void> } {
  const seen: string[] = [];
  const over = (async () => {
    const { pages } = await engine.streamRun(runId, { after: 0, idleMs: 10_000, replay });
    for await (const page of pages) {
      if (page.kind === 'events') seen.push(...page.records.map(({ event }) => event.type));
      else seen.push(...page.items.map((item) => ('chunk' in item ? item.chunk : `-${item.dropped}`)));
    }
  })();
  return { seen, over };
}

describe.skipIf(postgres === undefined)('two servers on one Postgres', () => {
  it('both stream what a step at one of them sends, from its beginning if asked for', async () => {
    const path = await postgres!.newSchema();
    const calls = new Arrivals<ToolContext['emit']>();
    const released = gate();
    const talker = defineTool({
      name: 'talk',
      run: async (_state, { emit }) => {
        emit('first');
        calls.add(emit);
        await released.promise;
        emit('last');
      },
    });
    const servers = await Promise.all([1, 2].map(() => startEngine({ path, definitions: [talker] })));
    const [one, other] = servers.map(({ engine }) => engine) as [Engine, Engine];
    await one.createGraph(chain('talks', 'talk'));
    const { runId } = await one.startRun({ graphId: 'talks', inputData: null });
    await calls.reach(1);
    const replays = [watch(one, runId, true), watch(other, runId, true)];
    await until(() => replays.every(({ seen }) => seen.includes('"first"')));
    calls.all[0]!('second');
    await until(() => replays.every(({ seen }) => seen.includes('"second"')));
    released.open();
    await Promise.all(replays.map(({ over }) => over));
    const whole = ['run.submitted', 'run.started', '"first"', '"second"', '"last"', 'step.completed', 'run.completed'];
    expect(replays.map(({ seen }) => seen)).toEqual([whole, whole]);
    await Promise.all(servers.map((server) => server.stop()));
  }, 60_000);
});

import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { linesOf } from '../../src/core/run/log-lines.js';
import { startEngineForTest } from '../helpers/engine-for-test.js';
import { flatten } from '../helpers/flat-run.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';

/**
 * A database that release 1.0 made. It holds forks from the first step, whose journals have no record 2:
 * - `DONE`: its records count the log line of the one that was dropped.
 * - `AGAIN`: a fork of that one. What was dropped had no line, so they count right.
 * - `WAITS`: counts as the first does, has a snapshot, and waits for an answer.
 */
const FIXTURE = 'test/fixtures/workflow-1.0-forks.sqlite';
const DONE = '01a21727-3ff1-70f4-b424-8b4b312f232e';
const AGAIN = '01a21727-4002-708b-b914-38bde4334470';
const WAITS = '01a21727-4023-733e-92c3-135b2b39aa1a';

async function openFixture() {
  const path = join(temporaryFolder(), 'workflow.db');
  copyFileSync(FIXTURE, path);
  const test = await startEngineForTest({ path });
  return { ...test, path };
}

type Opened = Awaited<ReturnType<typeof openFixture>>;

async function eventsOf({ engine }: Opened, runId: string, after: number) {
  const { pages } = await engine.watchRun(runId, { after, idleMs: 1000 });
  const found = [];
  // A run that waits has no last event: then an empty page comes.
  for await (const page of pages) {
    if (page.length === 0) break;
    found.push(...page);
  }
  return found;
}

describe('a fork from the first step that release 1.0 has stored without a record 2', () => {
  it.each([
    [DONE, 7],
    [AGAIN, 7],
    [WAITS, 19],
  ])('counts the log lines that it has: %s', async (runId, total) => {
    const opened = await openFixture();
    const { engine, path } = opened;
    const events = await eventsOf(opened, runId, 0);
    const lines = events.flatMap(({ event }) => linesOf(event));
    expect(lines).toHaveLength(total);
    expect(events.map(({ seq }) => seq).slice(0, 3)).toEqual([1, 3, 4]);
    for (let logsAfter = 0; logsAfter <= total; logsAfter++) {
      const { state, logs } = await engine.getState(runId, { logsAfter });
      expect({ logs, total: state.logCount }).toEqual({ logs: lines.slice(logsAfter), total });
    }
    const db = new Database(path, { readonly: true });
    const view = db.prepare('SELECT line_no, line FROM run_logs WHERE run_id = ? ORDER BY line_no').raw().all(runId);
    db.close();
    expect(view).toEqual(lines.map((line, index) => [index + 1, line]));
  });

  it('is streamed from every place, the gap too', async () => {
    const opened = await openFixture();
    for (const after of [0, 1, 2, 3, 4, 7]) {
      const seqs = (await eventsOf(opened, DONE, after)).map(({ seq }) => seq);
      expect(seqs).toEqual([1, 3, 4, 5, 6, 7, 8].filter((seq) => seq > after));
    }
  });

  it('has its steps, with their params, its pictures and its comparison', async () => {
    const { engine } = await openFixture();
    for (const limit of [1, 2, 50]) {
      const steps: unknown[] = [];
      for (let cursor: string | null = null, count = 0; count === 0 || cursor !== null; count++) {
        const page = await engine.listSteps(DONE, { limit, ...(cursor !== null && { cursor }) });
        steps.push(...page.steps);
        cursor = page.nextCursor;
      }
      expect(steps).toMatchObject([1, 2, 3].map((step) => ({ step, patch: { n: step }, params: [{ attempt: 1 }] })));
    }
    expect(await engine.drawRun(DONE, 'mermaid')).toContain('3');
    expect(await engine.drawRun(DONE, 'svg')).toContain('<svg');
    expect(await engine.diffRuns(DONE, AGAIN)).toMatchObject({
      firstDivergence: null,
      data: [{ pointer: '/forked', a: true }],
    });
    expect(await engine.diffRuns(DONE, WAITS)).toMatchObject({ firstDivergence: { step: 3 } });
  });

  it('goes on, and can be forked itself', async () => {
    const { engine } = await openFixture();
    await engine.resumeRun(WAITS, { payload: 'yes' });
    const { state, logs } = await engine.getState(WAITS, { waitSeconds: 10 });
    expect(flatten(state)).toMatchObject({ status: 'COMPLETED', data: { forked: true, ask: 'yes' } });
    expect(logs).toHaveLength(state.logCount);
    expect(logs.at(-1)).toBe('No outgoing edge found. Stopping.');
    const fork = await engine.forkRun(WAITS, { fromStep: 1 });
    const forked = await engine.getState(fork.runId, { waitSeconds: 10 });
    expect(forked.logs).toEqual(logs.slice(0, -1));
    expect(forked.state.logCount).toBe(forked.logs.length);
    expect(forked.state.data).toMatchObject({ forked: true });
  });
});

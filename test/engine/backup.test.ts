import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, it } from 'vitest';
import { startEngineForTest } from '../helpers/engine-for-test.js';
import { flatten } from '../helpers/flat-run.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';
import { chain, heldTool } from '../helpers/tools.js';

/** Copies a database that is in use, as the shell of SQLite does with `.backup`, or by `VACUUM INTO`. */
const WAYS: Readonly<Record<string, (from: string, to: string) => Promise<unknown>>> = {
  '.backup': async (from, to) => {
    const database = new Database(from, { readonly: true });
    await database.backup(to);
    database.close();
  },
  'VACUUM INTO': async (from, to) => {
    const database = new Database(from, { readonly: true });
    database.prepare('VACUUM INTO ?').run(to);
    database.close();
  },
};

it.skipIf(process.env.TEST_DATABASE === 'postgres').each(Object.keys(WAYS))(
  'a backup by %s, made while runs are stored, has all that was acknowledged, and its runs go on',
  async (way) => {
    const held = heldTool('held');
    const { engine, path } = await startEngineForTest({ definitions: [held.tool] });
    await engine.createGraph(chain('stuck', 'held') as never);
    const note = { name: 'a', tool_name: 'set_data', params: { values: { done: true } } };
    await engine.createGraph({ graph_id: 'quick', name: 'q', entry_point: 'a', nodes: [note], edges: [] } as never);
    const { runId: stuck } = await engine.startRun({ graphId: 'stuck', inputData: null });
    await held.called(1);
    let isOver = false;
    const acknowledged: string[] = [];
    const writing = (async () => {
      while (!isOver) acknowledged.push((await engine.startRun({ graphId: 'quick', inputData: null })).runId);
    })();
    await engine.startRun({ graphId: 'quick', inputData: null });
    const before = [...acknowledged];
    const backup = join(temporaryFolder(), 'backup.db');
    await WAYS[way]!(path, backup);
    isOver = true;
    await writing;

    // Restored in the place of another file.
    const restored = join(temporaryFolder(), 'workflow.db');
    copyFileSync(backup, restored);
    const again = heldTool('held');
    again.release({ held: true });
    const other = await startEngineForTest({ path: restored, definitions: [again.tool] });
    for (const runId of [...before, stuck]) {
      const { state } = await other.engine.getState(runId, { waitSeconds: 20 });
      expect(flatten(state).status).toBe('COMPLETED');
    }
  },
);

import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { APPROVAL_GRAPH, PARALLEL_GRAPH } from '../../src/http/openapi/examples.js';
import { ask, startRun, waitForRest } from '../e2e/client.js';
import { MESSY_CODE } from '../helpers/demo.js';
import { type Site, startSite } from './browser.js';

/** Pictures for the README and for whoever works on the page. Only with SCREENSHOTS=folder. */
const folder = process.env.SCREENSHOTS;

const HOLDS = {
  graph_id: 'nightly-import',
  name: 'Nightly import',
  description: 'Fetches, checks and loads; goes back for more until nothing is left.',
  entry_point: 'fetch',
  nodes: [
    { name: 'fetch', tool_name: 'extract_code' },
    { name: 'check', tool_name: 'check_complexity' },
    { name: 'load', tool_name: 'held' },
    { name: 'report', tool_name: 'broken' },
  ],
  edges: [
    { from_node: 'fetch', to_node: 'check' },
    { from_node: 'load', to_node: 'report' },
  ],
  conditional_edges: [
    { from_node: 'check', condition_function: 'quality_gate', routes: { END: 'load', improve: 'fetch' } },
  ],
  limits: { max_steps: 50 },
};

describe.skipIf(folder === undefined)('screenshots', () => {
  let site: Site;
  beforeAll(async () => {
    site = await startSite();
    for (const graph of [HOLDS, APPROVAL_GRAPH, PARALLEL_GRAPH]) await ask(site.server, 'POST /graph/create', graph);
  });
  afterAll(() => site?.close());

  it.each(['light', 'dark'] as const)('in %s', async (colorScheme) => {
    rmSync(join(site.folder, 'go'), { force: true });
    const done = await startRun(site.server, 'demo-review', { input_data: MESSY_CODE });
    await waitForRest(site.server, done);
    const live = await startRun(site.server, 'nightly-import', { input_data: 'x = 1', metadata: { team: 'data' } });
    const waiting = await startRun(site.server, 'approval', { input_data: 'def tidy(): pass' });
    const parallel = await startRun(site.server, 'second-opinion', { input_data: MESSY_CODE });
    await ask(site.server, `GET /graph/state/${parallel}?wait=10`);
    const shots = {
      graphs: '/#/graphs',
      graph: '/#/graphs/demo-review',
      runs: '/#/runs',
      run: `/#/runs/${done}`,
      live: `/#/runs/${live}`,
      waiting: `/#/runs/${waiting}`,
      parallel: `/#/runs/${parallel}`,
    };
    for (const [name, path] of Object.entries(shots)) {
      const page = await site.open(path, { colorScheme });
      await page
        .getByRole(name === 'runs' ? 'table' : 'img')
        .first()
        .waitFor();
      if (name === 'run') await page.locator('.steps summary').first().click();
      // No test: a picture looks better once everything has moved to its place.
      await page.waitForTimeout(500);
      const fullPage = name === 'parallel';
      await page.screenshot({ path: join(folder ?? '', `${name}-${colorScheme}.png`), fullPage });
      await page.close();
    }
    writeFileSync(join(site.folder, 'go'), '');
    await waitForRest(site.server, live);
    const page = await site.open(`/#/runs/${live}`, { colorScheme, width: 420, height: 900 });
    await page.getByRole('img', { name: /failed/ }).waitFor();
    await page.screenshot({ path: join(folder ?? '', `failed-narrow-${colorScheme}.png`), fullPage: true });
    await page.close();
  });
});

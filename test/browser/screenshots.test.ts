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

/** Widths of windows. */
const SIZES = {
  wide: 1440,
  tablet: 1024,
  phone: 390,
};
/** The picture of the README. */
const README = { width: 1280, height: 1100 };

describe.skipIf(folder === undefined)('screenshots', () => {
  let site: Site;
  let views: Record<string, string>;
  beforeAll(async () => {
    site = await startSite();
    const { server } = site;
    const { graphs } = (await ask(server, 'GET /examples')).body;
    for (const graph of [
      HOLDS,
      APPROVAL_GRAPH,
      PARALLEL_GRAPH,
      ...graphs.map((each: { definition: object }) => each.definition),
    ])
      await ask(server, 'POST /graph/create', graph);
    const done = await startRun(server, 'demo-review', { input_data: MESSY_CODE });
    const failed = await startRun(server, 'nightly-import', { input_data: 'x = 1', metadata: { team: 'data' } });
    const other = await startRun(server, 'demo-review', { input_data: 'x = 1' });
    const parcels = await startRun(server, 'demo-parcels', graphs[1].start);
    const run = await startRun(server, 'demo-tour', graphs[0].start);
    writeFileSync(join(site.folder, 'go'), '');
    for (const id of [done, failed, other, parcels, run]) await waitForRest(server, id);
    rmSync(join(site.folder, 'go'));
    views = {
      graphs: 'graphs',
      graph: 'graphs/demo-tour',
      edit: 'graphs/demo-tour/edit',
      catalogue: 'catalogue',
      runs: 'runs',
      run: `runs/${run}`,
      step: `runs/${run}?step=3`,
      parcels: `runs/${parcels}`,
      failed: `runs/${failed}`,
      compare: `runs/${done}/compare/${other}`,
      inbox: 'inbox',
      schedules: 'schedules',
    };
  }, 120_000);
  afterAll(() => site?.close());

  it.each(['light', 'dark'] as const)(
    'in %s',
    async (colorScheme) => {
      const shoot = async (name: string, view: string, width: number, height?: number): Promise<void> => {
        const page = await site.open(`/#/${view}`, { colorScheme, width, height: height ?? 900 });
        await page.waitForLoadState('networkidle', { timeout: 2000 }).catch(() => undefined);
        // No test: a picture looks better once everything has moved to its place.
        await page.waitForTimeout(500);
        const path = join(folder ?? '', `${name}-${colorScheme}.png`);
        await page.screenshot({ path, fullPage: height === undefined });
        await page.close();
      };
      await shoot('readme', views.run ?? '', README.width, README.height);
      for (const [size, width] of Object.entries(SIZES)) {
        for (const [name, view] of Object.entries(views)) await shoot(`${name}-${size}`, view, width);
      }
    },
    300_000,
  );
});

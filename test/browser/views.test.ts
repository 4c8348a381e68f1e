import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, startRun, waitForRest } from '../e2e/client.js';
import { findings } from './axe.js';
import { type Site, startSite } from './browser.js';

const only = (graph_id: string, node: object, more: object = {}) => ({
  graph_id,
  name: `Graph ${graph_id} with a name that is rather long, as people write them, and goes on for a while`,
  entry_point: 'only',
  nodes: [{ name: 'only', ...node }],
  ...more,
});
const QUESTION = {
  message: 'May this_text_without_any_place_to_break_it_that_is_longer_than_a_phone_is_wide go out?',
  schema: { type: 'object', properties: { level: { enum: ['low', 'high'] } }, required: ['level'] },
};
const GRAPHS = [
  only('asks', { tool_name: 'wait_for_input', params: QUESTION }),
  only('breaks', { tool_name: 'broken' }),
  only('works', {
    tool_name: 'set_data',
    params: { values: { words: 'x'.repeat(300), list: [1, 2, { deep: true }] } },
  }),
  only('held', { tool_name: 'held' }),
];

/** Of windows, in pixels. 640 is half of 1280, as at a zoom of 200 %. */
const WIDTHS = [1440, 1024, 640, 390] as const;

describe('every view', () => {
  let site: Site;
  const views: string[] = [];
  beforeAll(async () => {
    site = await startSite();
    const { server } = site;
    for (const graph of GRAPHS) expect((await ask(server, 'POST /graph/create', graph)).status).toBe(201);
    await ask(server, 'PUT /graph/works', { ...GRAPHS[2], description: 'Another version.' });
    const runs = new Map<string, string>();
    for (const id of ['asks', 'breaks', 'works', 'demo-review']) {
      runs.set(id, await startRun(server, id, id === 'demo-review' ? { input_data: 'if x: y' } : {}));
      await waitForRest(server, runs.get(id) ?? '');
    }
    runs.set('held', await startRun(server, 'held'));
    const schedule = { schedule_id: 'nightly', graph_id: 'works', cron: '0 3 * * *' };
    expect((await ask(server, 'POST /schedules', schedule)).status).toBe(201);
    const hook = { hook_id: 'orders', action: 'start', graph_id: 'works', verify: { scheme: 'none' } };
    expect((await ask(server, 'POST /hooks', hook)).status).toBe(201);
    views.push(
      ...['graphs', 'graphs/works', 'graphs/works/edit', 'new-graph', 'catalogue'],
      'graphs/works/versions?a=1&b=2',
      ...['runs', 'runs?status=FAILED&range=hour', 'inbox', 'schedules', 'schedules/nightly'],
      ...['hooks', 'hooks/orders', 'callbacks', 'capsule'],
      ...['asks', 'breaks', 'held'].map((id) => `runs/${runs.get(id)}`),
      `runs/${runs.get('works')}?step=1`,
      `runs/${runs.get('breaks')}?step=1`,
      `runs/${runs.get('works')}/compare`,
      `runs/${runs.get('works')}/compare/${runs.get('demo-review')}`,
    );
  });
  afterAll(() => site?.close());

  it('has nothing that axe finds, in light and dark, and is not wider than the window', async () => {
    const page = await site.open('/#/graphs', { width: WIDTHS[0] });
    const found: string[] = [];
    const look = async (view: string, rules?: readonly string[]): Promise<void> => {
      found.push(...(await findings(page, rules)).map((finding) => `${view}: ${finding}`));
    };
    for (const view of views) {
      await page.goto(`${site.server.url}/#/${view}`);
      await page.locator('main h1').waitFor();
      // What is loaded comes within this time, or says that it is being loaded.
      await page.waitForTimeout(150);
      // Cards that are out of sight are not drawn.
      for (const busy of [page.getByText(/^Loading/), page.locator('.panel').getByText(/^Drawing/)]) {
        await busy.first().waitFor({ state: 'detached', timeout: 10_000 });
      }
      await look(view);
      await page.emulateMedia({ colorScheme: 'dark' });
      await look(`${view} in dark`, ['color-contrast']);
      await page.emulateMedia({ colorScheme: 'light' });
      for (const width of WIDTHS) {
        await page.setViewportSize({ width, height: 860 });
        const excess = Number(await page.evaluate('document.documentElement.scrollWidth - innerWidth'));
        if (excess > 0) found.push(`${view} is ${excess} pixels too wide at ${width}`);
      }
      await look(`${view} on a phone`, ['target-size', 'scrollable-region-focusable']);
      await page.setViewportSize({ width: WIDTHS[0], height: 860 });
    }
    expect(found).toEqual([]);
    await page.close();
  }, 150_000);

  it('complains about nothing', () => {
    expect(site.complaints).toEqual([]);
  });
});

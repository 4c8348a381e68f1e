import { afterAll, beforeAll, expect, it } from 'vitest';
import { ask } from '../e2e/client.js';
import { findings } from './axe.js';
import { type Site, startSite } from './browser.js';

let site: Site;
beforeAll(async () => {
  site = await startSite();
});
afterAll(() => site?.close());

it('a first visit loads the examples, and shows a run with branches, a retry and a question to its end', async () => {
  const page = await site.open('/');
  expect((await ask(site.server, 'GET /graph')).body.graphs).toHaveLength(1);
  await page.getByText('New here?').waitFor();
  expect(await findings(page)).toEqual([]);
  await page.getByRole('button', { name: 'Load the example graphs' }).click();
  await page.waitForURL('**#/runs/*');
  await page.getByText('Branch 1').first().waitFor();
  await page.locator('.picture .gr-frame').first().waitFor({ state: 'attached' });
  await page.getByRole('button', { name: 'Approve', exact: true }).click({ timeout: 40_000 });
  await page.locator('.summary .status-completed').waitFor({ timeout: 20_000 });
  const { runs } = (await ask(site.server, 'GET /graph/runs?graph_id=demo-tour')).body;
  const { body: state } = await ask(site.server, `GET /graph/state/${runs[0].run_id}`);
  expect(state.data.result).toBe('Published.');
  expect(state.logs.join('\n')).toContain('Joined 3 branches.');
  await page.goto(`${site.server.url}/#/graphs`);
  await page.getByText('1 of 1 completed').waitFor();
  expect(await page.getByText('New here?').count()).toBe(0);
  expect(site.complaints).toEqual([]);
}, 90_000);

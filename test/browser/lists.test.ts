import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, startRun, waitForRest } from '../e2e/client.js';
import { findings } from './axe.js';
import { type Site, startSite } from './browser.js';

const graph = (graph_id: string, tool_name: string) => ({
  graph_id,
  name: `Graph ${graph_id}`,
  entry_point: 'only',
  nodes: [{ name: 'only', tool_name }],
});

describe('lists on the page', () => {
  let site: Site;
  const ids: Record<'broken' | 'held', string[]> = { broken: [], held: [] };
  beforeAll(async () => {
    site = await startSite({ CONCURRENCY: '2' });
    for (const tool of ['broken', 'held'] as const) {
      expect((await ask(site.server, 'POST /graph/create', graph(tool, tool))).status).toBe(201);
    }
    for (const team of ['red', 'green', 'blue']) {
      const { run_id } = (await ask(site.server, 'POST /graph/run', { graph_id: 'broken', metadata: { team } })).body;
      await waitForRest(site.server, run_id);
      ids.broken.push(run_id);
    }
    const schedule = { schedule_id: 'nightly', graph_id: 'held', cron: '0 3 * * *' };
    expect((await ask(site.server, 'POST /schedules', schedule)).status).toBe(201);
    ids.held.push(await startRun(site.server, 'held'));
  });
  afterAll(() => site?.close());

  const rows = (page: Page) => page.locator('table.runs tbody tr');
  const runIds = async (): Promise<string[]> => {
    const { runs } = (await ask(site.server, 'GET /graph/runs')).body;
    return runs.map(({ run_id }: { run_id: string }) => run_id);
  };

  it('say how many runs of each status there are, and show those of one', async () => {
    const page = await site.open('/#/runs');
    await page.getByRole('link', { name: 'Failed 3' }).click();
    await page.waitForURL('**#/runs?status=FAILED');
    await rows(page).nth(2).waitFor();
    expect(await rows(page).count()).toBe(3);
    expect(await page.getByRole('link', { name: 'Not finished 1' }).count()).toBe(1);
    await page.goBack();
    await rows(page).nth(3).waitFor();
    await page.close();
  });

  it('find runs by a text, and by when they were submitted; the address keeps it', async () => {
    const page = await site.open('/#/runs?started_by=api');
    await page.getByText('Only those with started_by api.').waitFor();
    await page.getByLabel('Search').fill('GREEN');
    await page.getByRole('button', { name: 'Filter' }).click();
    await page.getByRole('link', { name: 'All 1' }).waitFor();
    expect(await rows(page).allInnerTexts()).toEqual([expect.stringContaining('team=green')]);
    await page.reload();
    await page.getByRole('link', { name: 'All 1' }).waitFor();
    expect(await page.getByLabel('Search').inputValue()).toBe('GREEN');
    await page.getByText('More filters').click();
    await page.getByLabel('Submitted').selectOption({ label: 'Between two times' });
    await page.getByLabel('Before').fill('2020-01-01T10:00:00');
    await page.getByRole('button', { name: 'Filter' }).click();
    await page.getByText('No runs.').waitFor();
    expect(page.url()).toContain('submitted_before=20');
    // What the form has no field for stays.
    expect(page.url()).toContain('started_by=api');
    expect(await page.getByLabel('Before').inputValue()).toContain('2020-01-01T10:00');
    await page.close();
  });

  it('do to many runs what was asked for them, and to no others', async () => {
    const page = await site.open('/#/runs?status=FAILED');
    await page.getByText('Do the same to many runs').click();
    await page.getByRole('combobox').first().selectOption('delete');
    const boxes = rows(page).getByRole('checkbox');
    await boxes.nth(0).check();
    await boxes.nth(1).check();
    await page.getByRole('button', { name: 'What would happen?' }).click();
    const confirm = page.getByRole('button', { name: 'Delete 2 runs' });
    await confirm.waitFor();
    expect(await findings(page)).toEqual([]);
    // Another choice has to be asked again: none that is chosen means all.
    await boxes.nth(0).uncheck();
    await boxes.nth(1).uncheck();
    await confirm.waitFor({ state: 'detached' });
    await boxes.nth(1).check();
    await page.getByRole('button', { name: 'What would happen?' }).click();
    await page.getByRole('button', { name: 'Delete 1 run' }).click();
    await page.getByText('Delete: done to 1 run.').waitFor();
    const [first, second, third] = ids.broken;
    expect(await runIds()).toEqual([...ids.held, third, first]);
    expect((await ask(site.server, `GET /graph/state/${second}`)).status).toBe(404);
    await page.close();
  });

  it('do to those that fit a filter what was told, though others fit meanwhile; and say why not to others', async () => {
    const page = await site.open('/#/runs?graph_id=broken');
    await page.getByText('Do the same to many runs').click();
    await page.getByRole('button', { name: 'What would happen?' }).click();
    await page.getByText('It would be done to 2 runs').waitFor();
    const later = await startRun(site.server, 'broken');
    await waitForRest(site.server, later);
    const attempts = async (id: string) => (await ask(site.server, `GET /graph/state/${id}`)).body.logs.length;
    const before = await attempts(later);
    await page.getByRole('button', { name: 'Retry 2 runs' }).click();
    await page.getByText('Retry: done to 2 runs.').waitFor();
    expect(await attempts(later)).toBe(before);
    await waitForRest(site.server, ids.broken[0] ?? '');
    await page.goto(`${site.server.url}/#/runs?search=${ids.held[0]}`);
    await rows(page).first().getByRole('checkbox').check();
    await page.getByText('Do the same to many runs').click();
    await page.getByRole('button', { name: 'What would happen?' }).click();
    await page.getByText(/^Not to 1 run/).waitFor();
    expect(await page.getByRole('button', { name: /^Retry/ }).count()).toBe(0);
    await page.close();
  });

  it('hold new runs back while somebody reads, or has chosen some', async () => {
    const page = await site.open('/#/runs');
    const first = () => rows(page).first().locator('a').first().getAttribute('href');
    const before = await first();
    await rows(page).first().getByRole('checkbox').check();
    await page.mouse.move(5, 5);
    await page.evaluate('document.activeElement.blur()');
    await waitForRest(site.server, await startRun(site.server, 'broken'));
    await page.getByRole('button', { name: 'Show 1 new run' }).waitFor();
    expect(await first()).toBe(before);
    await page.getByRole('button', { name: 'Show 1 new run' }).click();
    await page.getByRole('button', { name: 'Show 1 new run' }).waitFor({ state: 'detached' });
    await page.close();
  });

  it('have their page in the address', async () => {
    for (let number = 0; number < 52; number += 1) await startRun(site.server, 'broken');
    const page = await site.open('/#/runs?graph_id=broken');
    await page.getByRole('link', { name: 'Older' }).click();
    await page.getByRole('link', { name: 'Newer' }).waitFor();
    const last = () => rows(page).last().locator('a').first().getAttribute('href');
    const older = await last();
    await page.reload();
    await page.getByRole('link', { name: 'Newer' }).waitFor();
    expect(await last()).toBe(older);
    await page.getByRole('link', { name: 'Newer' }).click();
    await page.waitForURL('**#/runs?graph_id=broken');
    // A row that is chosen stays, also if new ones push it off the page.
    await rows(page).nth(49).getByRole('checkbox').check();
    const lowest = await last();
    for (let number = 0; number < 3; number += 1) await startRun(site.server, 'broken');
    await page.getByRole('button', { name: 'Show 3 new runs' }).waitFor();
    expect(await last()).toBe(lowest);
    expect(await rows(page).last().getByRole('checkbox').isChecked()).toBe(true);
    await page.close();
  });

  it('fit on a phone', async () => {
    const page = await site.open('/#/runs?graph_id=broken', { width: 390 });
    await rows(page).nth(1).waitFor();
    const hidden = "document.querySelector('.scroll').scrollWidth - document.querySelector('.scroll').clientWidth";
    expect(await page.evaluate(hidden)).toBe(0);
    expect((await rows(page).first().locator('.notes').boundingBox())?.width).toBeGreaterThan(250);
    await page.close();
  });

  it('of graphs tell of their runs and schedules, and are searched', async () => {
    const page = await site.open('/#/graphs');
    const card = page.locator('.card', { hasText: 'Graph broken' });
    await card.getByText('0 of the last 20 completed').waitFor();
    await page.locator('.card', { hasText: 'Graph held' }).getByRole('link', { name: '1 schedule' }).waitFor();
    await page.getByText('No runs yet').waitFor();
    await page.getByLabel('Search').fill('HELD');
    await page.getByRole('button', { name: 'Search' }).click();
    await card.waitFor({ state: 'detached' });
    expect(await page.locator('.card h2').allInnerTexts()).toEqual(['Graph held']);
    await page.getByLabel('Search').fill('nowhere');
    await page.getByRole('button', { name: 'Search' }).click();
    await page.getByText('No graph has “nowhere” in its id or name.').waitFor();
    await page.close();
  });

  it('complain about nothing', () => {
    expect(site.complaints).toEqual([]);
  });
});

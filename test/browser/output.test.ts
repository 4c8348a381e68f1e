import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ask, startRun } from '../e2e/client.js';
import { type Site, startSite } from './browser.js';

const TALKS = {
  graph_id: 'talks',
  name: 'Talks',
  entry_point: 'tell',
  nodes: [
    { name: 'tell', tool_name: 'talking' },
    { name: 'hold', tool_name: 'held' },
  ],
  edges: [{ from_node: 'tell', to_node: 'hold' }],
};

/** Pictures for whoever works on the page. Only with SCREENSHOTS=folder. */
const folder = process.env.SCREENSHOTS;

describe('the page of a run whose step sends text', () => {
  let site: Site;
  beforeAll(async () => {
    site = await startSite();
    expect((await ask(site.server, 'POST /graph/create', TALKS)).status).toBe(201);
  });
  beforeEach(() => {
    for (const name of ['speak', 'hush', 'go']) rmSync(join(site.folder, name), { force: true });
  });
  afterAll(() => site?.close());

  it.each(['light', 'dark'] as const)('shows it as it comes, until the step ends, in %s', async (colorScheme) => {
    const runId = await startRun(site.server, 'talks');
    const page = await site.open(`/#/runs/${runId}`, { colorScheme });
    const output = page.getByRole('region', { name: 'Output of step 1, tell' });
    await output.getByText('Once upon a time there was <b>a run</b>').waitFor();
    const text = output.getByRole('log', { name: 'Text of step 1' });
    expect(await text.getAttribute('aria-live')).toBe('polite');
    await page.getByText('Live', { exact: true }).waitFor();
    writeFileSync(join(site.folder, 'speak'), '');
    await output.getByText('that went on').waitFor();
    await expect
      .poll(() => text.textContent())
      .toBe('Once upon a time there was <b>a run</b> that went on\n{"done":1,"of":2}\n');
    if (folder !== undefined) await page.screenshot({ path: join(folder, `output-${colorScheme}.png`) });
    // What scrolls is reached by keyboard.
    await text.focus();
    expect(await page.evaluate('document.activeElement.getAttribute("role")')).toBe('log');
    await page.reload();
    await output.getByText('that went on').waitFor();
    writeFileSync(join(site.folder, 'hush'), '');
    await page.getByRole('group', { name: /hold ▶ running/ }).waitFor();
    expect(await page.getByRole('region', { name: /^Output of step/ }).count()).toBe(0);
    writeFileSync(join(site.folder, 'go'), '');
    await page.getByText('No outgoing edge found. Stopping.').waitFor();
    await page.close();
  });

  it('fits a narrow screen, complains of nothing and loads nothing from elsewhere', async () => {
    const runId = await startRun(site.server, 'talks');
    const page = await site.open(`/#/runs/${runId}`, { width: 360, height: 700 });
    await page.getByRole('region', { name: 'Output of step 1, tell' }).waitFor();
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360);
    await page.close();
    expect(site.complaints).toEqual([]);
  });
});

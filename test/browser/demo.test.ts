import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, startRun } from '../e2e/client.js';
import { type Site, startSite } from './browser.js';

const HOLDS = {
  graph_id: 'holds',
  name: 'Holds <script>alert(1)</script>',
  entry_point: 'first "one"',
  nodes: [
    { name: 'first "one"', tool_name: 'held' },
    { name: 'second', tool_name: 'broken' },
  ],
  edges: [{ from_node: 'first "one"', to_node: 'second' }],
};

describe('the page', () => {
  let site: Site;
  beforeAll(async () => {
    site = await startSite();
    expect((await ask(site.server, 'POST /graph/create', HOLDS)).status).toBe(201);
  });
  afterAll(() => site?.close());

  it('shows the graphs, runs the demo, and explains each of its steps', async () => {
    const page = await site.open('/');
    await page.getByRole('link', { name: 'Code Review Agent Demo' }).click();
    await page.getByRole('group', { name: /Code Review Agent Demo/ }).waitFor();
    await page.getByRole('button', { name: 'Start run' }).click();
    await page.getByText('Workflow reached END.').waitFor();
    await page.getByRole('group', { name: /analyze ×4/ }).waitFor();
    await page.getByText('completed').first().waitFor();
    expect(await page.getByRole('log').innerText()).toContain('Calculated complexity score: 5 (Round 3)');
    const last = page.locator('.steps > li').first();
    await last.locator('summary').first().click();
    await last.getByText('data.complexity_score').waitFor();
    expect(await last.innerText()).toContain('By condition quality_gate: END.');
    await page.close();
  });

  it('follows a run while it walks, up to its failure', async () => {
    const runId = await startRun(site.server, 'holds', { metadata: { team: 'blue' } });
    const page = await site.open(`/#/runs/${runId}`);
    await page.getByRole('group', { name: /first "one" ▶ running/ }).waitFor();
    await page.getByText('Live', { exact: true }).waitFor();
    writeFileSync(join(site.folder, 'go'), '');
    await page.getByRole('region', { name: 'Error' }).getByText('The part <b>is</b> broken.').waitFor();
    await page.getByRole('group', { name: /second ✕ failed/ }).waitFor();
    expect(await page.getByRole('button', { name: 'Cancel run' }).count()).toBe(0);
    await page.close();
  });

  it('finds runs by status and metadata', async () => {
    const page = await site.open('/#/runs');
    await page.getByRole('link', { name: /^Failed/ }).click();
    await page.waitForURL('**status=FAILED');
    await page.getByText('More filters').click();
    await page.getByLabel('Metadata key').fill('team');
    await page.getByLabel('Metadata value').fill('blue');
    await page.getByRole('button', { name: 'Filter' }).click();
    await expect.poll(() => page.locator('tbody tr').count()).toBe(1);
    expect(await page.locator('tbody').innerText()).toContain('broken');
    await page.close();
  });

  it('is worked by keyboard alone', async () => {
    const page = await site.open('/');
    await page.getByRole('link', { name: 'Code Review Agent Demo' }).waitFor();
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.tagName')).not.toBe('BODY');
    await page.getByRole('link', { name: 'Runs' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Runs' }).waitFor();
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Runs');
    await page.close();
  });

  it('fits a narrow screen', async () => {
    const page = await site.open('/#/graphs/demo-review', { width: 360, height: 700 });
    await page.getByRole('group', { name: /Code Review/ }).waitFor();
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360);
    await page.close();
  });

  it('complains of nothing and loads nothing from elsewhere', () => {
    expect(site.complaints).toEqual([]);
  });
});

describe('the page of a server with keys', () => {
  let site: Site;
  beforeAll(async () => {
    site = await startSite({ API_KEYS: 'the-right-key' });
  });
  afterAll(() => site?.close());

  it('asks for a key, keeps it for the tab, and says when it is wrong', async () => {
    const page = await site.open('/');
    await page.getByLabel('API key').fill('wrong');
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByText('The key was not accepted.').waitFor();
    await page.getByLabel('API key').fill('the-right-key');
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByRole('link', { name: 'Code Review Agent Demo' }).click();
    await page.getByRole('button', { name: 'Start run' }).click();
    await page.getByText('Workflow reached END.').waitFor();
    await page.reload();
    await page.getByText('Workflow reached END.').waitFor();
    expect(site.complaints).toEqual([]);
    await page.close();
  });
});

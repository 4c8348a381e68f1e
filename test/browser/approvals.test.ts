import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, startRun, waitForRest } from '../e2e/client.js';
import { type Site, startSite } from './browser.js';

const SCHEMA = {
  type: 'object',
  properties: {
    approved: { type: 'boolean', title: 'May version 2 go out?' },
    note: { type: 'string', title: 'Note', maxLength: 80, description: 'For the people who run it.' },
    level: { enum: ['low', 'high'], title: 'Level' },
    days: { type: 'integer', title: 'Days', minimum: 1, maximum: 30 },
    tags: { type: 'array', items: { type: 'string' }, title: 'Tags' },
  },
  required: ['approved', 'level'],
};
const GRAPH = {
  graph_id: 'asks',
  name: 'Asks',
  entry_point: 'ask',
  nodes: [
    {
      name: 'ask',
      tool_name: 'wait_for_input',
      params: {
        message: 'Version 2 passed 312 tests.\nIt changes the table <orders>.',
        schema: SCHEMA,
        expires_in_seconds: 86_400,
        save_as: 'verdict',
      },
    },
  ],
};
/** Pictures for whoever works on the page. Only with SCREENSHOTS=folder. */
const folder = process.env.SCREENSHOTS;

describe('the page of an approval link', () => {
  let site: Site;
  beforeAll(async () => {
    site = await startSite({ PUBLIC_URL: 'http://public.example' });
    expect((await ask(site.server, 'POST /graph/create', GRAPH)).status).toBe(201);
  });
  afterAll(() => site?.close());

  async function startAsking(): Promise<{ runId: string; path: string }> {
    const runId = await startRun(site.server, 'asks');
    const { waiting } = await waitForRest(site.server, runId);
    expect(waiting.answer_url).toBe(`http://public.example/answers/${waiting.token}`);
    return { runId, path: `/answers/${waiting.token}` };
  }

  /** A page in a browser that runs no scripts. */
  async function open(path: string, { width = 1280, colorScheme = 'light' as 'light' | 'dark' } = {}): Promise<Page> {
    const viewport = { width, height: 860 };
    const page = await site.browser.newPage({ javaScriptEnabled: false, viewport, colorScheme });
    page.on('console', (message) => {
      if (message.type() === 'error' && !/ (410|422) /.test(message.text())) site.complaints.push(message.text());
    });
    page.on('request', (request) => {
      if (!request.url().startsWith(site.server.url)) site.complaints.push(`loads ${request.url()}`);
    });
    await page.goto(site.server.url + path);
    return page;
  }

  it('shows the question as text, and takes the answer without scripts', async () => {
    const { runId, path } = await startAsking();
    const page = await open(path);
    expect(await page.locator('.message').innerText()).toBe(GRAPH.nodes[0]!.params.message);
    await page.getByLabel('Note').fill('Only on "Friday" <3');
    await page.getByLabel('Days (optional)').fill('3');
    await page.getByRole('radio', { name: 'high' }).check();
    await page.getByRole('button', { name: 'Approve' }).click();
    await page.getByRole('heading', { name: 'Thank you' }).waitFor();
    const { data } = await waitForRest(site.server, runId);
    const verdict = { approved: true, note: 'Only on "Friday" <3', level: 'high', days: 3 };
    expect(data).toEqual({ verdict });
    await page.goto(site.server.url + path);
    expect(await page.locator('main').innerText()).toContain('This has been answered already.');
    await page.close();
  });

  it('shows the form again with what was put into it, if the answer does not fit', async () => {
    const { runId, path } = await startAsking();
    const page = await open(path);
    await page.getByLabel('Note').fill('Not yet');
    await page.getByRole('radio', { name: 'low' }).check();
    await page.getByLabel('Tags').fill('[1]');
    await page.getByRole('button', { name: 'Reject' }).click();
    await page.getByRole('alert').waitFor();
    expect(await page.getByRole('alert').innerText()).toContain('Tags');
    expect(await page.getByLabel('Note').inputValue()).toBe('Not yet');
    expect(await page.getByRole('radio', { name: 'low' }).isChecked()).toBe(true);
    await page.getByLabel('Tags').fill('["late"]');
    await page.getByRole('button', { name: 'Reject' }).click();
    await page.getByRole('heading', { name: 'Thank you' }).waitFor();
    const { data } = await waitForRest(site.server, runId);
    expect(data).toEqual({ verdict: { approved: false, note: 'Not yet', level: 'low', tags: ['late'] } });
    await page.close();
  });

  it('is not sent by Enter in a field, since that would approve', async () => {
    const { runId, path } = await startAsking();
    const page = await open(path);
    await page.getByRole('radio', { name: 'low' }).check();
    await page.getByLabel('Note').fill('x');
    await page.getByLabel('Note').press('Enter');
    await page.getByLabel('Days').press('Enter');
    expect(await page.getByRole('button', { name: 'Approve' }).isVisible()).toBe(true);
    expect((await ask(site.server, `GET /graph/state/${runId}`)).body.status).toBe('WAITING');
    await page.close();
  });

  it.each(['light', 'dark'] as const)('fits a phone in %s, and every control has a name', async (colorScheme) => {
    const { path } = await startAsking();
    const page = await open(path, { width: 390, colorScheme });
    for (const name of ['Note (optional)', 'Days (optional)']) {
      const box = await page.getByLabel(name).boundingBox();
      expect(box!.x + box!.width, name).toBeLessThanOrEqual(390);
      expect(box!.height).toBeGreaterThanOrEqual(44);
    }
    const main = await page.locator('main').boundingBox();
    expect(main!.x + main!.width).toBeLessThanOrEqual(390);
    const snapshot = await page.locator('main').ariaSnapshot();
    for (const line of snapshot.match(/- (textbox|radio|button|spinbutton)(?=[ :]).*/g) ?? []) {
      expect(line).toMatch(/^- \w+ "[^"]+"/);
    }
    expect(snapshot.match(/- (textbox|radio|button|spinbutton) "/g)).toHaveLength(7);
    if (folder !== undefined) {
      await page.screenshot({ path: join(folder, `approval-${colorScheme}.png`), fullPage: true });
      await page.getByRole('radio', { name: 'low' }).check();
      await page.getByLabel('Tags').fill('x');
      await page.getByRole('button', { name: 'Approve' }).click();
      await page.screenshot({ path: join(folder, `approval-again-${colorScheme}.png`), fullPage: true });
    }
    await page.close();
  });

  it('is linked on the page of the run', async () => {
    const { runId, path } = await startAsking();
    const page = await site.open(`/#/runs/${runId}`);
    await page.getByText('Link for somebody without a key').click();
    expect(await page.getByRole('region', { name: 'Approval link' }).innerText()).toContain(path);
    await page.close();
  });

  it('has no complaints, and loads nothing from elsewhere', () => {
    expect(site.complaints).toEqual([]);
  });
});

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, startRun, waitForRest } from '../e2e/client.js';
import { findings } from './axe.js';
import { type Site, startSite } from './browser.js';

const ORDERS = {
  graph_id: 'orders',
  name: 'Orders',
  entry_point: 'load',
  nodes: [
    { name: 'load', tool_name: 'set_data', params: { values: { round: 1, customer: '${ input_data.customer }' } } },
    { name: 'again', tool_name: 'set_data', params: { values: { round: 2 } } },
    { name: 'check', tool_name: 'slow' },
    { name: 'approve', tool_name: 'wait_for_input', params: { message: 'Send it?', schema: decision() } },
    { name: 'send', tool_name: 'broken', retry: { max_attempts: 2, interval_seconds: 0 } },
  ],
  edges: [
    { from_node: 'load', to_node: 'again' },
    { from_node: 'check', to_node: 'approve' },
    { from_node: 'approve', to_node: 'send' },
  ],
  for_each_edges: [
    { from_node: 'again', items: "${ ['ACME', 'Globex'] }", to_node: 'check', join_node: 'approve', collect_as: 'all' },
  ],
};

function decision(): object {
  return {
    type: 'object',
    properties: { approved: { type: 'boolean' }, note: { type: 'string', title: 'Note' } },
    required: ['approved'],
  };
}

/** A capsule of a run with many steps, as another server could have made it. */
function longCapsule(steps: number): string {
  const events: object[] = [];
  const add = (type: string, payload: object): void => {
    const time = new Date(1_760_000_000_000 + events.length * 10).toISOString();
    events.push({ seq: events.length + 1, type, time, payload });
  };
  add('run.submitted', { graph_id: 'long', graph_version: 1, input_data: null, limits: {}, metadata: {} });
  add('run.started', { next: 'work' });
  for (let step = 1; step <= steps; step += 1) {
    const next = step === steps ? null : 'work';
    add('step.completed', { step, node: 'work', attempt: 1, logs: [], patch: { count: step }, decision: null, next });
  }
  add('run.completed', { reason: 'no_edge' });
  const run = { run_id: 'r', status: 'COMPLETED', graph_id: 'long', graph_version: 1, data: { count: steps } };
  return JSON.stringify({ capsule: 1, graphs: [], run, events, children: [], digest: 'sha256:00' });
}

describe('a run on the page', () => {
  let site: Site;
  let runId: string;
  beforeAll(async () => {
    site = await startSite();
    expect((await ask(site.server, 'POST /graph/create', ORDERS)).status).toBe(201);
    runId = await startRun(site.server, 'orders', { input_data: { customer: 'ACME' } });
  });
  afterAll(() => site?.close());

  it('opens a step from its node in the picture, by key too', async () => {
    const page = await site.open(`/#/runs/${runId}`);
    const node = (name: string) => page.locator(`.picture [data-node="${name}"]`);
    await node('load').focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.waitForURL('**step=2');
    expect(await node('again').getAttribute('aria-pressed')).toBe('true');
    await node('load').click();
    await page.waitForURL('**step=1');
    await page.getByRole('button', { name: '1:1' }).click();
    const scale =
      "document.querySelector('.picture svg').getBoundingClientRect().width / document.querySelector('.picture svg').viewBox.baseVal.width";
    expect(await page.evaluate(scale)).toBeCloseTo(1);
    await page.close();
  });

  it('is approved in the inbox with a button', async () => {
    const page = await site.open('/#/inbox');
    await page.getByLabel('Note (optional)').fill('Gladly');
    expect(await findings(page)).toEqual([]);
    await page.getByRole('button', { name: 'Approve' }).click();
    await page.getByText('Nothing waits for an answer.').waitFor();
    const { data, status } = await waitForRest(site.server, runId);
    expect([data.approve, status]).toEqual([{ approved: true, note: 'Gladly' }, 'FAILED']);
    await page.close();
  });

  it('says at a glance of what it is, with what it began, and what failed', async () => {
    const page = await site.open(`/#/runs/${runId}`);
    const head = page.getByRole('region', { name: 'Summary' });
    await head.getByRole('link', { name: 'Orders' }).waitFor();
    expect(await head.innerText()).toContain('at send, after 3 steps');
    expect(await head.innerText()).toContain('{"customer":"ACME"}');
    expect(await page.getByRole('region', { name: 'Error' }).innerText()).toMatch(
      /^send failed\s+step 4\s+tool_failed/,
    );
    const branches = page.getByRole('region', { name: 'Branches and runs inside' });
    await branches.getByRole('link', { name: 'Branch 2 · Globex' }).waitFor();
    await page.close();
  });

  it('selects a step of its timeline by mouse and keyboard, in the address, and shows what went in and out', async () => {
    const page = await site.open(`/#/runs/${runId}`);
    const timeline = page.getByRole('region', { name: 'Timeline' });
    await timeline.getByRole('button', { name: /^Step 1, load: is called/ }).click();
    const first = page.getByRole('region', { name: 'Step 1: load' });
    await first.getByRole('region', { name: 'Input of step 1' }).getByText('"customer": "ACME"').waitFor();
    await first.getByRole('region', { name: 'Output of step 1' }).getByText('"round": 1').waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.getByRole('region', { name: 'Step 2: again' }).waitFor();
    expect(page.url()).toContain('?step=2');
    await page.goto(`${site.server.url}/#/runs/${runId}?step=4`);
    const failed = page.getByRole('region', { name: 'Step 4: send' });
    await failed.getByRole('heading', { name: 'Attempts' }).waitFor();
    expect(await failed.getByRole('listitem').filter({ hasText: 'failed after' }).count()).toBe(2);
    expect(await findings(page)).toEqual([]);
    await failed.getByRole('button', { name: 'Close' }).click();
    expect(page.url()).not.toContain('step=');
    await page.close();
  });

  it('keeps the focus at a node while the picture is drawn again', async () => {
    const run = await startRun(site.server, 'orders', { input_data: { customer: 'Hooli' } });
    await waitForRest(site.server, run);
    const page = await site.open(`/#/runs/${run}`);
    const node = page.locator('.picture [data-node="again"]');
    await node.focus();
    await ask(site.server, `POST /graph/runs/${run}/resume`, { payload: { approved: true } });
    await page.locator('.picture .gr-failed[data-node="send"], .picture .gr-visited[data-node="send"]').waitFor();
    expect(await page.evaluate('document.activeElement.dataset.node')).toBe('again');
    await page.close();
  });

  it('opens a step by its node in the picture, which is zoomed and fitted', async () => {
    const page = await site.open(`/#/runs/${runId}`);
    const picture = page.getByRole('region', { name: 'Picture, to look around in' });
    await picture.locator('svg').waitFor();
    const width = async (): Promise<number> => (await picture.locator('svg').boundingBox())?.width ?? 0;
    const fitted = await width();
    await page.getByRole('button', { name: 'Larger' }).click();
    expect(await width()).toBeGreaterThan(fitted * 1.2);
    await page.getByRole('button', { name: 'Fit', exact: true }).last().click();
    expect(await width()).toBeCloseTo(fitted, 0);
    await picture.locator('[data-node="again"]').click();
    await page.getByRole('region', { name: 'Step 2: again' }).waitFor();
    await page.close();
  });

  it('finds data, tells how a key came to its value, and finds lines', async () => {
    const page = await site.open(`/#/runs/${runId}`);
    const data = page.getByRole('region', { name: 'Data', exact: true });
    await data.getByText('set 2 times').click();
    await data.getByRole('button', { name: 'Step 2, again' }).waitFor();
    await data.getByLabel('Search in data').fill('gladly');
    await data.getByText('data.approve.note').waitFor();
    await page.getByLabel('Search in logs').fill('executing');
    await page.getByText(/^4 of \d+ lines$/).waitFor();
    const [saved] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('region', { name: 'Logs' }).getByRole('button', { name: 'Download' }).click(),
    ]);
    expect(saved.suggestedFilename()).toBe(`${runId}.log`);
    await page.close();
  });

  it('is forked with its data filled in, retried with a result, run again, and compared', async () => {
    const page = await site.open(`/#/runs/${runId}?step=4`);
    await page.getByText('Retry with changes').click();
    await page.getByLabel('Skip send, with this result').fill('{ "sent": "by hand" }');
    await page.getByRole('button', { name: 'Retry with these changes' }).click();
    await page.locator('.summary .status-completed').waitFor();
    const inspector = page.getByRole('region', { name: 'Step 4: send' });
    await inspector.getByText('Fork from this step').click();
    const text = await inspector.getByLabel('Data at this step').inputValue();
    expect(JSON.parse(text)).toMatchObject({ round: 2, customer: 'ACME', approve: { approved: true } });
    await inspector.getByLabel('Data at this step').fill(JSON.stringify({ ...JSON.parse(text), mended: true }));
    await inspector.getByRole('button', { name: 'Start a new run from step 4' }).click();
    await page.locator('.summary .status-completed').waitFor();
    await page.getByRole('link', { name: 'compare', exact: true }).click();
    await page.getByRole('status').filter({ hasText: 'Both took the same way.' }).waitFor();
    await page.getByRole('cell', { name: '/mended' }).waitFor();
    await page.goBack();
    await page.getByText('Run again').click();
    await page.getByLabel('Input – as JSON').fill('{ "customer": "Initech" }');
    await page.getByRole('button', { name: 'Start the run' }).click();
    await page.getByText('{"customer":"Initech"}').waitFor();
    await page.close();
  });

  it('keeps the page light with 10,000 steps: only the rows that are seen are in it', async () => {
    const file = join(site.folder, 'long.capsule.json');
    writeFileSync(file, longCapsule(10_000));
    const page = await site.open('/#/capsule');
    await page.locator('input[type=file]').setInputFiles(file);
    const timeline = page.getByRole('region', { name: 'Timeline' });
    await timeline.getByRole('button', { name: /^Step 1, work/ }).waitFor();
    expect(await page.locator('.timeline-row').count()).toBeLessThan(40);
    await page.locator('.timeline-box').evaluate((box) => box.scrollTo(0, box.scrollHeight));
    await timeline.getByRole('button', { name: /^Step 10000, work/ }).click();
    await page.getByRole('region', { name: 'Step 10000: work' }).getByText('"count": 10000').waitFor();
    await page.close();
  });

  it('fits a phone and a page of 200 %', async () => {
    for (const width of [390, 640]) {
      const page = await site.open(`/#/runs/${runId}?step=4`, { width, height: 800 });
      await page.getByRole('region', { name: 'Step 4: send' }).waitFor();
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
      await page.close();
    }
  });

  it('leads back to where the reader was', async () => {
    const page = await site.open(`/#/runs/${runId}`, { height: 500 });
    await page.getByText('No outgoing edge found. Stopping.').waitFor();
    await page.getByRole('region', { name: 'Logs' }).scrollIntoViewIfNeeded();
    const before = await page.evaluate<number>('scrollY');
    expect(before).toBeGreaterThan(100);
    await page.evaluate(`location.hash = '#/runs'`);
    await page.getByRole('heading', { name: 'Runs', exact: true }).waitFor();
    expect(await page.evaluate('scrollY')).toBe(0);
    await page.goBack();
    await expect.poll(() => page.evaluate<number>('scrollY')).toBeGreaterThan(before - 50);
    await page.close();
  });

  it('complains of nothing', () => {
    expect(site.complaints).toEqual([]);
  });
});

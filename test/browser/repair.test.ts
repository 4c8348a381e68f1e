import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PARALLEL_GRAPH } from '../../src/http/openapi/examples.js';
import { ask, startRun, waitForRest } from '../e2e/client.js';
import { type Site, startSite } from './browser.js';

const BREAKS = {
  graph_id: 'breaks',
  name: 'Breaks',
  entry_point: 'prepare',
  nodes: [
    { name: 'prepare', tool_name: 'extract_code' },
    { name: 'part', tool_name: 'broken' },
  ],
  edges: [{ from_node: 'prepare', to_node: 'part' }],
};

const ASKS = {
  graph_id: 'asks',
  name: 'Asks',
  entry_point: 'approve',
  nodes: [
    {
      name: 'approve',
      tool_name: 'wait_for_input',
      params: {
        message: 'May this go out?',
        schema: {
          type: 'object',
          properties: {
            approved: { type: 'boolean', title: 'Approved' },
            note: { type: 'string', title: 'Note', maxLength: 100 },
            level: { enum: ['low', 'high'], title: 'Level' },
          },
          required: ['approved', 'level'],
        },
      },
    },
  ],
};

const TYPED = {
  graph_id: 'typed',
  name: 'Typed',
  entry_point: 'keep',
  nodes: [{ name: 'keep', tool_name: 'set_data', params: { values: { count: '${ input_data.count }' } } }],
  input_schema: {
    type: 'object',
    properties: { count: { type: 'integer', title: 'How many', minimum: 1 }, tags: { type: 'array', title: 'Tags' } },
    required: ['count'],
    additionalProperties: false,
  },
};

describe('repairing a run on the page', () => {
  let site: Site;
  beforeAll(async () => {
    site = await startSite();
    for (const graph of [BREAKS, ASKS, PARALLEL_GRAPH, TYPED]) {
      expect((await ask(site.server, 'POST /graph/create', graph)).status).toBe(201);
    }
  });
  afterAll(() => site?.close());

  it('answers a wait with the form of its schema', async () => {
    const runId = await startRun(site.server, 'asks');
    const page = await site.open(`/#/runs/${runId}`);
    await page.getByText('May this go out?').waitFor();
    await page.getByLabel('Note').fill('Fine by me');
    await page.getByLabel('Level').selectOption({ label: 'high' });
    // Enter in a field gives no answer: it would be the first button's.
    await page.getByLabel('Note').press('Enter');
    expect((await ask(site.server, `GET /graph/state/${runId}`)).body.status).toBe('WAITING');
    await page.getByRole('button', { name: 'Approve', exact: true }).click();
    await page.locator('.summary .status-completed').waitFor();
    const { data } = await waitForRest(site.server, runId);
    expect(data.approve).toEqual({ approved: true, note: 'Fine by me', level: 'high' });
    await page.close();
  });

  it('starts a run with the form of its graph, and watches it to the end', async () => {
    const page = await site.open('/#/graphs/typed');
    await page.getByLabel('How many').fill('3');
    await page.getByRole('button', { name: 'Start run' }).click();
    await page.locator('.summary .status-completed').waitFor();
    expect(await page.getByRole('region', { name: 'Data' }).innerText()).toContain('3');
    await page.close();
  });

  it('leads from a run to the branch that waits, and sees the answer arrive', async () => {
    const runId = await startRun(site.server, 'second-opinion', { input_data: 'x = 1' });
    const page = await site.open(`/#/runs/${runId}`);
    await page.getByRole('group', { name: /ask ‖ waiting/ }).waitFor();
    const inside = page.getByRole('region', { name: 'Branches and runs inside' }).getByRole('listitem');
    await expect.poll(() => inside.count()).toBe(2);
    await page.getByRole('link', { name: /^Branch 2.* waits for an answer$/ }).click();
    await page.getByText('What do you think of it?').waitFor();
    await page.getByRole('button', { name: 'Approve', exact: true }).click();
    await page.locator('.summary .status-completed').waitFor();
    await page.getByText('Inside', { exact: true }).locator('..').getByRole('link').click();
    await page.locator('.summary .status-completed').waitFor();
    await page.getByRole('group', { name: /ask ×1, improve|improve ×1, ask ×1/ }).waitFor();
    await page.close();
  });

  it('finds runs by what they wait for, branches too', async () => {
    const runId = await startRun(site.server, 'second-opinion', { input_data: 'x = 1' });
    await ask(site.server, `GET /graph/state/${runId}?wait=10`);
    const page = await site.open('/#/runs');
    await page.getByText('More filters').click();
    await page.getByLabel('Waits for').selectOption({ label: 'an answer' });
    await page.getByRole('button', { name: 'Filter' }).click();
    await expect.poll(() => page.locator('tbody').innerText()).toMatch(/waiting[\s\S]*for an answer/);
    expect(await page.locator('tbody tr').count()).toBe(1);
    await page.close();
  });

  it('forks a run from a step, with other data', async () => {
    const runId = await startRun(site.server, 'breaks', { input_data: 'x = 1' });
    await waitForRest(site.server, runId);
    const page = await site.open(`/#/runs/${runId}`);
    const step = page.locator('.steps > li').first();
    await step.locator('summary').first().click();
    await step.getByText('Fork from this step').click();
    await step.getByLabel('Data at this step').fill('{ "mended": true }');
    await step.getByRole('button', { name: 'Start a new run from step 2' }).click();
    await page.getByText('Forked from').waitFor();
    await page.locator('.summary .status-completed').waitFor();
    expect(page.url()).not.toContain(runId);
    await page.close();
  });

  it('retries a failed run where it stopped', async () => {
    const runId = await startRun(site.server, 'breaks', { input_data: 'x = 1' });
    await waitForRest(site.server, runId);
    const page = await site.open(`/#/runs/${runId}`);
    await page.getByRole('region', { name: 'Error' }).waitFor();
    writeFileSync(join(site.folder, 'mended'), '');
    await page.getByRole('button', { name: 'Retry from where it stopped' }).click();
    await page.locator('.summary .status-completed').waitFor();
    expect(await page.getByRole('region', { name: 'Error' }).count()).toBe(0);
    await page.close();
  });

  it('cancels a run', async () => {
    const graph = { graph_id: 'held', name: 'Held', entry_point: 'a', nodes: [{ name: 'a', tool_name: 'held' }] };
    await ask(site.server, 'POST /graph/create', graph);
    const runId = await startRun(site.server, 'held');
    const page = await site.open(`/#/runs/${runId}`);
    await page.getByRole('button', { name: 'Cancel run' }).click();
    await page.getByRole('button', { name: 'Cancel it' }).click();
    await page.locator('.summary .status-cancelled').waitFor();
    expect((await waitForRest(site.server, runId)).status).toBe('CANCELLED');
    await page.close();
  });

  it('complains of nothing', () => {
    expect(site.complaints).toEqual([]);
  });
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { capsuleOf, family } from '../core/capsule/capsules.js';
import { ask, startRun, waitForRest } from '../e2e/client.js';
import { type Site, startSite } from './browser.js';

/** Goes on if the score is high enough. */
function gate(least: number) {
  return {
    graph_id: 'gate',
    name: 'Gate',
    entry_point: 'score',
    nodes: [
      { name: 'score', tool_name: 'set_data', params: { values: { score: '${ input_data.score }' } } },
      { name: 'publish', tool_name: 'set_data', params: { values: { published: true } } },
      { name: 'escalate', tool_name: 'set_data', params: { values: { escalated: true } } },
    ],
    edges: [],
    conditional_edges: [
      {
        from_node: 'score',
        cases: [{ when: `data.score >= ${least}`, to_node: 'publish' }],
        otherwise: 'escalate',
      },
    ],
  };
}

/** Drops a file on the page, as a person does. */
async function drop(page: Page, name: string, text: string): Promise<void> {
  const make = `(() => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([${JSON.stringify(text)}], ${JSON.stringify(name)}, { type: 'application/json' }));
    return transfer;
  })()`;
  const dataTransfer = await page.evaluateHandle(make);
  await page.dispatchEvent('body', 'dragover', { dataTransfer });
  await page.getByText('Drop a capsule to open it').waitFor();
  await page.dispatchEvent('body', 'drop', { dataTransfer });
}

describe('evidence on the page', () => {
  let site: Site;
  beforeAll(async () => {
    site = await startSite();
    expect((await ask(site.server, 'POST /graph/create', gate(0.4))).status).toBe(201);
  });
  afterAll(() => site?.close());

  it('opens a file that is dropped, and sends nothing of it', async () => {
    const page = await site.open('/#/nowhere', { width: 390, height: 800 });
    await page.getByText('There is nothing here').waitFor();
    const requests: string[] = [];
    page.on('request', (request) => {
      if (!request.url().includes('/web/')) requests.push(request.url());
    });
    await drop(page, 'family.json', JSON.stringify(capsuleOf(family())));
    await page.getByRole('heading', { name: 'Capsule of run run-1' }).waitFor();
    await page.getByText('it fits what the capsule holds').waitFor();
    expect(await page.evaluate('document.activeElement.tagName')).toBe('H1');
    await page.getByText('Definition of inner v7').click();
    await page.getByLabel('Definition of inner v7').getByText('entry_point').waitFor();
    await page.getByText('Branch 2').click();
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(390);
    expect(requests).toEqual([]);
    await page.close();
  });

  it('says what is wrong with a file that is no capsule', async () => {
    const page = await site.open('/#/capsule');
    await drop(page, 'cut.json', JSON.stringify(capsuleOf(family())).slice(0, 900));
    await page.getByRole('alert').getByText('cut.json: This is no JSON, or it is cut off.').waitFor();
    await drop(page, 'gate.json', JSON.stringify(gate(1)));
    await page.getByRole('alert').getByText('gate.json: This is a graph').waitFor();
    await page.close();
  });

  it('saves a run as a file, replays the file, and imports it', async () => {
    const runId = await startRun(site.server, 'gate', { input_data: { score: 0.45 } });
    await waitForRest(site.server, runId);
    const page = await site.open(`/#/runs/${runId}`);
    const waiting = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Download capsule' }).click();
    const download = await waiting;
    expect(download.suggestedFilename()).toBe(`${runId}.capsule.json`);
    const file = join(site.folder, 'run.json');
    await download.saveAs(file);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ capsule: 1, run: { run_id: runId } });

    await page.getByRole('link', { name: 'Capsule' }).click();
    await page.locator('input[type=file]').setInputFiles(file);
    await page.locator('.steps > li').first().locator('summary').first().click();
    await page.getByLabel('What step 2 changed').getByText('"published": true').waitFor();
    await page.getByRole('button', { name: 'Replay' }).click();
    await page.getByText('It goes the same way again.').waitFor();
    await page.getByRole('button', { name: 'Import' }).click();
    await page.locator('.summary .status-completed').waitFor();
    await expect.poll(() => page.url()).toMatch(/#\/runs\//);
    expect(page.url()).not.toContain(runId);
    await page.close();
  });

  it('tries a new version on past runs before it saves it', async () => {
    const runId = await startRun(site.server, 'gate', { input_data: { score: 0.9 } });
    await waitForRest(site.server, runId);
    const page = await site.open('/#/graphs/gate', { width: 390, height: 800 });
    await page.getByRole('link', { name: 'Edit' }).click();
    const text = page.getByLabel('Definition – as JSON');
    const review = page.getByRole('button', { name: 'Review changes' });
    await text.fill(JSON.stringify({ ...gate(0.5), entry_point: 'scor' }));
    await page.getByText('Did you mean "score"?').waitFor();
    expect(await review.isDisabled()).toBe(true);
    await text.fill(JSON.stringify(gate(0.5)));
    await page.getByRole('button', { name: 'Try on past runs' }).click();
    await page.getByText(/^[12] of [23] past runs would have gone the same way\.$/).waitFor();
    const group = page.getByRole('region', { name: 'Another way at score' });
    await expect.poll(() => group.innerText()).toMatch(/publish[\s\S]*escalate[\s\S]*data\.score[\s\S]*0\.45/);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(390);
    await review.click();
    await page.getByRole('button', { name: 'Save as version 2' }).click();
    await page.getByText('Version 2 saved.').waitFor();
    await page.getByText('Your unsaved draft is restored.').waitFor({ state: 'detached' });
    await page.close();
  });

  it('explores a version, and shows a run that comes to what was found', async () => {
    const page = await site.open('/#/graphs/gate/edit');
    await page.getByRole('button', { name: 'Explore' }).click();
    await page.getByText(/^\d+ findings? in \d+ runs?: \d of 3 nodes, /).waitFor();
    const found = page.getByRole('region', { name: 'expression_fails at /conditional_edges/0/cases/0/when' });
    await found.getByRole('button', { name: 'Look at such a run' }).click();
    await page.getByRole('heading', { name: 'Capsule of run' }).waitFor();
    await page.getByRole('region', { name: 'Error' }).getByText('expression_failed').waitFor();
    await page.close();
  });

  it('complains of nothing', () => {
    expect(site.complaints).toEqual([]);
  });
});

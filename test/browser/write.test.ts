import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask } from '../e2e/client.js';
import { findings } from './axe.js';
import { type Site, startSite } from './browser.js';

function written(entry: string, value: number) {
  return {
    graph_id: 'written',
    name: 'Written',
    entry_point: entry,
    nodes: [{ name: 'only', tool_name: 'set_data', params: { values: { value } } }],
    edges: [{ from_node: 'only', to_node: 'END' }],
  };
}

async function open(site: Site, path: string): Promise<Page> {
  const page = await site.open(path, { width: 390, height: 800 });
  await page.getByLabel('Definition – as JSON').waitFor();
  return page;
}

describe('graphs are written on the page', () => {
  let site: Site;
  beforeAll(async () => {
    site = await startSite();
    expect((await ask(site.server, 'POST /graph/create', written('only', 1))).status).toBe(201);
  });
  afterAll(() => site?.close());

  it('completes the names of tools', async () => {
    const page = await open(site, '/#/new-graph');
    const text = page.getByLabel('Definition – as JSON');
    await text.fill('{ "nodes": [{ "name": "a", "tool_name": ');
    await text.press('Control+End');
    await text.pressSequentially('"talk');
    await page.getByRole('option', { name: 'talking' }).click();
    await expect.poll(() => text.innerText()).toContain('"talking"');
    await page.getByText('This is not JSON').waitFor();
    await page.close();
  });

  it('marks a finding at its line, and mends it by a click', async () => {
    const page = await open(site, '/#/graphs/written/edit');
    const text = page.getByLabel('Definition – as JSON');
    await text.fill(JSON.stringify(written('onyl', 1), null, 2));
    await page.locator('.cm-line', { hasText: 'onyl' }).locator('.cm-lintRange-error').waitFor();
    await page.getByRole('button', { name: 'Go to /entry_point' }).click();
    expect(await page.locator('.cm-activeLine').innerText()).toContain('onyl');
    await page.getByRole('button', { name: 'Fix it' }).click();
    await page.getByText('✓ Nothing is wrong with it.').waitFor();
    expect(await text.innerText()).toContain('"entry_point": "only"');
    await page.close();
  });

  it('draws the graph beside the text, and leads from a node to its line', async () => {
    const page = await open(site, '/#/graphs/written/edit');
    const text = page.getByLabel('Definition – as JSON');
    const node = (name: string) => page.locator(`.writing .picture [data-node="${name}"]`);
    await node('only').waitFor();
    const nodes = [...written('only', 1).nodes, { name: 'later', tool_name: 'no_such_tool' }];
    const edges = [{ from_node: 'only', to_node: 'later' }];
    await text.fill(JSON.stringify({ ...written('only', 1), nodes, edges }, null, 2));
    await node('later').click();
    await expect.poll(() => page.locator('.cm-activeLine').innerText()).toContain('"later"');
    // What is no graph for a moment leaves the picture as it was.
    await text.fill('{ "nodes": [');
    await page.getByText('when it could last be drawn').waitFor();
    expect(await node('later').count()).toBe(1);
    await page.close();
  });

  it('keeps a draft, shows what somebody else saved meanwhile, and saves the next version', async () => {
    const page = await open(site, '/#/graphs/written/edit');
    const text = page.getByLabel('Definition – as JSON');
    await text.fill(JSON.stringify(written('only', 77), null, 2));
    // Without an answer the browser of the test stays where it is.
    await page.getByRole('link', { name: 'Inbox' }).click();
    expect(page.url()).toContain('/edit');
    page.on('dialog', (dialog) => dialog.accept());
    await page.reload();
    await page.getByText('Your unsaved draft is restored.').waitFor();
    expect(await text.innerText()).toContain('77');
    expect((await ask(site.server, 'PUT /graph/written', written('only', 2))).status).toBe(200);
    await page.getByRole('button', { name: 'Review changes' }).click();
    await page.getByRole('alert').getByText('Version 2 was saved meanwhile').waitFor();
    await page.locator('.editor-difference .cm-changedLine', { hasText: '77' }).waitFor();
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(390);
    expect(await findings(page)).toEqual([]);
    await page.getByRole('button', { name: 'Save as version 3' }).click();
    await page.getByText('Version 3 saved.').waitFor();
    await page.close();
  });

  it('compares versions', async () => {
    const page = await site.open('/#/graphs/written/versions?a=1&b=3', { colorScheme: 'dark' });
    const difference = page.getByRole('region', { name: 'Difference' });
    await difference.getByText('Left: version 1. Right: version 3.').waitFor();
    await difference.locator('.cm-changedLine', { hasText: '77' }).waitFor();
    await page.getByLabel('Version on the left').fill('2');
    await page.getByLabel('Version on the left').press('Enter');
    await difference.getByText('Left: version 2. Right: version 3.').waitFor();
    await page.close();
  });

  it('lists the tools with their params, and copies a node', async () => {
    const page = await site.open('/#/catalogue', { width: 390, height: 800 });
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.getByLabel('Search').fill('set_data');
    await page.getByRole('region', { name: 'Params of set_data' }).getByText('values').first().waitFor();
    await page.getByRole('button', { name: 'Copy a node with set_data' }).click();
    await page.getByText('✓ Copied').waitFor();
    const copied = JSON.parse(await page.evaluate('navigator.clipboard.readText()'));
    expect(copied).toMatchObject({ tool_name: 'set_data', params: { values: {} } });
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(390);
    await page.close();
  });

  it('has the editor in a bundle of its own', () => {
    const read = (name: string) => readFileSync(new URL(`../../dist/web/${name}`, import.meta.url), 'utf8');
    expect(read('graph-editor.js')).toContain('cm-content');
    expect(read('app.js')).not.toContain('cm-content');
  });

  it('complains of nothing', () => {
    expect(site.complaints).toEqual([]);
  });
});

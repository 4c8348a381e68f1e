import { readdirSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, startRun } from '../e2e/client.js';
import { type Site, startSite } from './browser.js';

const ROUNDS = 120;
const LARGE = 'x'.repeat(100_000);

/** Carries 100 kB through many short steps. */
const LOOPS = {
  graph_id: 'loops',
  name: 'Loops',
  limits: { max_steps: 1000 },
  entry_point: 'load',
  nodes: [
    { name: 'load', tool_name: 'set_data', params: { values: { large: '${ input_data.large }' } } },
    { name: 'work', tool_name: 'slow' },
  ],
  edges: [{ from_node: 'load', to_node: 'work' }],
  conditional_edges: [
    { from_node: 'work', cases: [{ when: `data.count < ${ROUNDS}`, to_node: 'work' }], otherwise: 'END' },
  ],
};

describe('the weight of the page', () => {
  let site: Site;
  beforeAll(async () => {
    site = await startSite();
    expect((await ask(site.server, 'POST /graph/create', LOOPS)).status).toBe(201);
  });
  afterAll(() => site?.close());

  it('a viewer costs the server the events that it shows, and the state when it comes and when it ends', async () => {
    const runId = await startRun(site.server, 'loops', { input_data: { large: LARGE } });
    const page = await site.open('/#/graphs');
    const network = await page.context().newCDPSession(page);
    await network.send('Network.enable');
    let received = 0;
    const requests: string[] = [];
    network.on('Network.dataReceived', ({ dataLength }) => {
      received += dataLength;
    });
    network.on('Network.requestWillBeSent', ({ request }) => requests.push(request.url));
    await page.evaluate(`location.hash = '#/runs/${runId}'`);
    await page.getByText('Workflow reached END.').waitFor();
    const journal = await (await fetch(`${site.server.url}/graph/runs/${runId}/events`)).text();
    const read = requests.filter((url) => url.includes(`/graph/state/${runId}`));
    expect(journal.length).toBeGreaterThan(2 * LARGE.length);
    // The state is read whole once. It was read again after events before, which made 3.4 MB of this.
    expect(received).toBeLessThan(journal.length + 2 * LARGE.length + 200_000);
    expect(read.filter((url) => !url.includes('data=false'))).toHaveLength(1);
    expect(read.length).toBeLessThan(8);
    expect(await page.getByRole('log').innerText()).toContain('Executing Node: work');
    await page.close();
  });

  it('all scripts together are less than 250 kB, compressed', () => {
    const folder = new URL('../../dist/web/', import.meta.url);
    const scripts = readdirSync(folder).filter((file) => file.endsWith('.js'));
    const sizes = scripts.map((file) => gzipSync(readFileSync(new URL(file, folder))).length);
    expect(scripts).toContain('app.js');
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(250_000);
  });

  it('complains of nothing', () => {
    expect(site.complaints).toEqual([]);
  });
});

import { execFileSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, ask as askWithoutKey } from '../e2e/client.js';
import { HOOK_SECRET, startReceiver } from '../helpers/receiver.js';
import { until } from '../helpers/until.js';
import { type Site, startSite } from './browser.js';

/** Pictures for whoever works on the page. Only with SCREENSHOTS=folder. */
const folder = process.env.SCREENSHOTS;

const LONG = 'a-name-that-is-as-long-as-names-can-be-'.repeat(3).slice(0, 99).replace(/-$/, 'x');
const VIEWS = ['inbox', 'schedules', 'hooks', 'callbacks'] as const;

describe('schedules, hooks, callbacks and the inbox on the page', () => {
  let site: Site;
  /** One page for all tests: what it shows is changed by its address. */
  let page: Page;
  const ask = (request: string, payload?: unknown): Promise<Answer> =>
    askWithoutKey(site.server, request, payload, { authorization: 'Bearer all' });

  beforeAll(async () => {
    site = await startSite({
      API_KEYS: 'all',
      READ_API_KEYS: 'read',
      PUBLIC_URL: 'http://public.example',
      HTTP_ALLOW: '127.0.0.1',
      SECRET_CALLBACKS: HOOK_SECRET,
      SECRET_GITHUB: 'of-github',
    });
    page = await openWithKey('all');
  });
  afterAll(() => site?.close());

  async function openWithKey(key: string): Promise<Page> {
    const opened = await site.open('/#/inbox');
    opened.setDefaultTimeout(10_000);
    await opened.getByLabel('API key').fill(key);
    await opened.getByRole('button', { name: 'Continue' }).click();
    await opened.getByRole('heading', { name: 'Inbox' }).waitFor();
    return opened;
  }

  async function show(place: string, on = page): Promise<void> {
    await on.evaluate(`location.hash = '#/${place}'`);
    await on.locator(`nav a[href="#/${place.split('/')[0]}"][aria-current]`).waitFor();
  }

  const item = (name: string) =>
    page.getByRole('listitem').filter({ has: page.getByRole('link', { name, exact: true }) });

  /** Nothing pushes the page sideways, on a large screen and on a phone. Takes pictures on the way. */
  async function checkWidths(view: string): Promise<void> {
    for (const width of [1440, 390]) {
      await page.setViewportSize({ width, height: 860 });
      expect(await page.evaluate('document.documentElement.scrollWidth'), `${view} ${width}`).toBeLessThanOrEqual(
        width,
      );
      if (folder === undefined) continue;
      const name = view.includes('/') ? `${view.split('/')[0]}-one` : view;
      for (const colorScheme of ['dark', 'light'] as const) {
        await page.emulateMedia({ colorScheme });
        await page.screenshot({ path: join(folder, `${name}-${width}-${colorScheme}.png`), fullPage: true });
      }
    }
  }

  /** Controls have names, and are not too low to hit. */
  async function checkControls(view: string): Promise<void> {
    const main = page.locator('main');
    for (const line of (await main.ariaSnapshot()).match(/- (textbox|button|link)(?=[ :]).*/g) ?? []) {
      expect(line, view).toMatch(/^- \w+ "[^"]+"/);
    }
    for (const button of await main.getByRole('button').all()) {
      if (await button.isVisible()) expect((await button.boundingBox())!.height, view).toBeGreaterThanOrEqual(30);
    }
  }

  it('says how to make the first of each, with commands that do it', async () => {
    for (const view of VIEWS) {
      await show(view);
      const command = await page.getByRole('region', { name: 'Command' }).innerText();
      expect(command).toContain(`curl -s '${site.server.url}/`);
      const env = { PATH: process.env.PATH ?? '', API_KEY: 'all' };
      const answers = execFileSync('sh', ['-c', command.replaceAll('curl -s', 'curl -sSf')], { env, encoding: 'utf8' });
      expect(answers).toContain('_id"');
    }
    for (const [view, name] of [
      ['inbox', 'ask-me'],
      ['schedules', 'weekdays'],
      ['hooks', 'pushes'],
    ] as const) {
      await show(view);
      await item(name).waitFor();
    }
    await show('callbacks');
    await page.getByRole('link', { name: 'has completed' }).waitFor();
  });

  it('shows when a schedule is due, in words, disables it and enables it, and nothing else of it changes', async () => {
    const { body: before } = await ask('GET /schedules/weekdays');
    await show('schedules');
    await item('weekdays').getByText('At 09:00, Monday through Friday').waitFor();
    expect(await item('weekdays').locator('time').first().innerText()).toMatch(/^in /);
    expect(await item('weekdays').locator('time').first().getAttribute('datetime')).toBe(before.next[0]);
    await page.getByRole('button', { name: 'Disable weekdays' }).click();
    await item('weekdays').getByRole('status').getByText('disabled').waitFor();
    const { body: disabled } = await ask('GET /schedules/weekdays');
    expect(disabled).toEqual({ ...before, enabled: false, next: [], updated_at: disabled.updated_at });
    expect(await page.evaluate('document.activeElement.getAttribute("aria-label")')).toBe('Enable weekdays');
    await page.keyboard.press('Enter');
    await item('weekdays').getByRole('status').getByText('enabled').waitFor();
    const { body: after } = await ask('GET /schedules/weekdays');
    expect(after).toEqual({ ...before, updated_at: after.updated_at });
  });

  it('shows the last occurrence, the next five, and the runs of a schedule', async () => {
    await ask('POST /schedules', {
      schedule_id: 'ticks',
      graph_id: 'demo-review',
      every_seconds: 1,
      input_data: 'x = 1',
    });
    await show('schedules/ticks');
    const summary = page.getByRole('region', { name: 'Summary' });
    await summary.getByText('Every 1 s').waitFor();
    await summary.locator('.facts .status').getByText('started').waitFor();
    await page.getByRole('button', { name: 'Disable ticks' }).click();
    await summary.getByText('not while disabled').waitFor();
    await page.getByRole('region', { name: 'Latest runs' }).getByRole('row').nth(1).waitFor();
    await page.getByRole('button', { name: 'Start a run now' }).click();
    await page.getByText('Workflow reached END.').waitFor();
    expect(await page.getByRole('region', { name: 'Summary' }).innerText()).toMatch(/Started by\s+schedule ticks/);
    await show('schedules/weekdays');
    await expect.poll(() => page.locator('.instants li').count()).toBe(5);
  });

  it('explains a cron pattern before a schedule is made of it', async () => {
    await show('schedules');
    await page.getByText('Try a cron pattern').click();
    await page.getByLabel('Cron pattern').fill('0 9 L * *');
    await page.getByLabel('Time zone').fill('UTC');
    await page.getByRole('button', { name: 'Explain' }).click();
    const meaning = page.getByRole('status', { name: 'What it means' });
    await meaning.getByText('At 09:00, on the last day of the month').waitFor();
    expect(await meaning.getByRole('listitem').count()).toBe(5);
    expect(await meaning.locator('time').first().getAttribute('datetime')).toMatch(/T09:00:00/);
    await page.getByLabel('Time zone').fill('Nowhere');
    await page.getByRole('button', { name: 'Explain' }).click();
    await page.getByRole('alert').getByText('time zone of the IANA database').waitFor();
    expect(await meaning.innerText()).toBe('');
  });

  it('shows what a hook was sent, and disables it', async () => {
    const body = JSON.stringify({ ref: 'refs/heads/main' });
    const signature = `sha256=${createHmac('sha256', 'of-github').update(body).digest('hex')}`;
    const send = (headers: Record<string, string>) =>
      fetch(`${site.server.url}/hooks/pushes/deliveries`, { method: 'POST', headers, body });
    const signed = (id: string) => send({ 'x-hub-signature-256': signature, 'x-github-delivery': id });
    expect((await signed('one')).status).toBe(202);
    expect((await send({ 'x-hub-signature-256': 'sha256=00' })).status).toBe(401);
    await show('hooks');
    await item('pushes').getByText('accepted').waitFor();
    const words = await item('pushes').innerText();
    expect(words).toContain('starts a run of demo-review');
    expect(words).toContain('http://public.example/hooks/pushes/deliveries');
    expect(words).toMatch(/Refused\s+1 request, the last/);
    const { body: before } = await ask('GET /hooks/pushes');
    await page.getByRole('button', { name: 'Disable pushes' }).click();
    await item('pushes').getByRole('status').getByText('disabled').waitFor();
    const { body: disabled } = await ask('GET /hooks/pushes');
    expect(disabled).toEqual({ ...before, enabled: false, updated_at: disabled.updated_at });
    expect((await signed('two')).status).toBe(409);
    await page.getByRole('link', { name: 'pushes' }).click();
    const deliveries = page.getByRole('region', { name: 'Deliveries to the hook' });
    await deliveries.getByText('"one"').waitFor();
    await deliveries.getByRole('link').first().click();
    await page.getByText('hook pushes').waitFor();
  });

  it('shows the tries of a callback, and has one tried again', async () => {
    let answer = 410;
    const receiver = await startReceiver(() => answer);
    const notify = [{ url: `${receiver.url}/here`, on: ['completed'], secret: 'CALLBACKS' }];
    const { body: run } = await ask('POST /graph/run', { graph_id: 'demo-review', input_data: 'x = 1', notify });
    await show(`callbacks?run_id=${run.run_id}`);
    await page.getByRole('cell', { name: 'not wanted' }).waitFor();
    answer = 200;
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByRole('cell', { name: 'delivered' }).waitFor();
    expect(await page.getByRole('button', { name: 'Try again' }).count()).toBe(0);
    await page.getByRole('link', { name: 'has completed' }).click();
    const tries = page.getByRole('region', { name: 'Table of tries' });
    await tries.waitFor();
    expect(await tries.locator('tbody tr td:last-child').allInnerTexts()).toEqual(['200', '410']);
    expect(await page.getByRole('region', { name: 'Body of the callback' }).innerText()).toContain('"run.completed"');
    await show('callbacks?status=gone');
    await page.getByText('No callbacks.').waitFor();
  });

  it('lists what waits for people, and changes with it without moving what stays', async () => {
    await show('inbox');
    const items = page.locator('.items > li');
    await items.first().waitFor();
    const first = items.first();
    expect(await first.innerText()).toMatch(/May it go out\?\s+Asked (now|\d+ s ago|1 min ago) by run/);
    expect(await first.innerText()).toContain('anyone with a key that may write, and by whoever has the link');
    await first.getByText('Link for somebody without a key').click();
    const link = await first.getByRole('region', { name: 'Approval link' }).innerText();
    expect(link).toMatch(/^http:\/\/public\.example\/answers\//);
    const box = await first.boundingBox();
    const { body: second } = await ask('POST /graph/run', { graph_id: 'ask-me' });
    await expect.poll(() => items.count(), { timeout: 10_000 }).toBe(2);
    expect(await first.boundingBox()).toEqual(box);
    await ask(`POST /graph/runs/${second.run_id}/resume`, { payload: 'yes' });
    await expect.poll(() => items.count(), { timeout: 10_000 }).toBe(1);
    await first.getByRole('link', { name: /^Answer ask-me/ }).click();
    await page.getByRole('button', { name: 'Answer and go on' }).waitFor();
  });

  it('shows everything to a key that can only read, and says so when it wants more', async () => {
    const reader = await openWithKey('read');
    await reader.getByText('anyone with a key that may write.').waitFor();
    expect(await reader.getByText('Link for somebody without a key').count()).toBe(0);
    for (const [view, button] of [
      ['schedules', 'Disable weekdays'],
      ['hooks', 'Enable pushes'],
      ['callbacks?status=pending', 'Try now'],
    ] as const) {
      await show(view, reader);
      await reader.getByRole('button', { name: button }).click();
      await reader.getByRole('alert').getByText('can only read').waitFor();
    }
    await reader.close();
  });

  it('fits a phone and a large screen, with the longest names, and every control has a name', async () => {
    const graph = {
      graph_id: LONG,
      name: LONG,
      entry_point: 'ask',
      nodes: [{ name: 'ask', tool_name: 'wait_for_input', params: { message: 'W'.repeat(2000) } }],
      notify: [{ url: `http://127.0.0.1:1/${'u'.repeat(1900)}`, on: ['waiting_for_input'], secret: 'CALLBACKS' }],
    };
    expect((await ask('POST /graph/create', graph)).status).toBe(201);
    const schedule = { schedule_id: LONG, graph_id: LONG, cron: '*/45 0-23/2 1,2,3,4,5,6,7,8,9,10,11,12,13,14 * *' };
    expect((await ask('POST /schedules', schedule)).status).toBe(201);
    const hook = { hook_id: LONG, action: 'start', graph_id: LONG, verify: { scheme: 'none' } };
    expect((await ask('POST /hooks', hook)).status).toBe(201);
    const sent = await fetch(`${site.server.url}/hooks/${LONG}/deliveries`, { method: 'POST', body: '{}' });
    expect(sent.status).toBe(202);
    const { body: list } = await until(async () => {
      const answer = await ask('GET /deliveries?limit=1');
      return answer.body.deliveries[0]?.event === 'waiting_for_input' ? answer : undefined;
    });
    const callback = list.deliveries[0].delivery_id;
    const details = [`schedules/${LONG}`, `hooks/${LONG}`, `callbacks/${callback}`];
    for (const view of [...VIEWS, ...details]) {
      await show(view);
      const awaited = view.includes('/') ? '.facts' : `[href*="${LONG}"], [title*="uuu"]`;
      await page.locator('main').locator(awaited).first().waitFor();
      await checkWidths(view);
      await checkControls(view);
    }
  });

  it('has no complaints but those of what the key could not do', () => {
    expect(site.complaints.filter((each) => !each.includes('403') && !each.includes('422'))).toEqual([]);
  });
});

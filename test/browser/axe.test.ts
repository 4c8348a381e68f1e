import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { findings } from './axe.js';

const POLICY = `<meta http-equiv="Content-Security-Policy" content="script-src 'none'">`;
const pageWith = (body: string): string =>
  `<!doctype html><html lang="en"><head>${POLICY}<title>A page</title></head><body><main><h1>A page</h1>${body}</main></body></html>`;

let browser: Browser;
beforeAll(async () => {
  const executablePath = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium';
  browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
});
afterAll(() => browser.close());

it('names the rule and the element of each finding, whatever scripts the page forbids', async () => {
  const page = await browser.newPage();
  await page.setContent(pageWith('<button id="mute"></button>'));
  expect(await findings(page)).toEqual(['button-name: #mute']);
  await page.setContent(pageWith('<button>Start</button>'));
  expect(await findings(page)).toEqual([]);
});

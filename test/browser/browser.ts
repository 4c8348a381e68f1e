import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { type ServerProcess, startServer } from '../helpers/server-process.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';

/** Chromium's own chatter with the network is off: the page must work without any. */
const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Tools that tests can hold and break from outside, by files in the server's folder. */
const TOOLS = `
import { existsSync, watch } from 'node:fs';
async function until(name, signal) {
  while (!existsSync(name) && !signal.aborted) await new Promise((resolve) => setTimeout(resolve, 20));
}
export const held = {
  name: 'held',
  async run(state, { log, signal, node }) {
    log('holding ' + node);
    await until('go', signal);
    return { held: true };
  },
};
export const talking = {
  name: 'talking',
  async run(state, { emit, signal }) {
    emit('Once upon a time there was <b>a run</b>');
    await until('speak', signal);
    emit(' that went on');
    emit({ done: 1, of: 2 });
    await until('hush', signal);
    return {};
  },
};
export const slow = {
  name: 'slow',
  async run({ data }) {
    await new Promise((resolve) => setTimeout(resolve, 30));
    return { count: (data.count ?? 0) + 1 };
  },
};
export const broken = {
  name: 'broken',
  run({ data }) {
    if (!existsSync('mended') && !data.mended) throw new Error('The part <b>is</b> broken.');
    return { works: true };
  },
};
`;

export interface Site {
  readonly server: ServerProcess;
  readonly folder: string;
  readonly browser: Browser;
  /** Everything that a page complained about, or loaded from elsewhere. */
  readonly complaints: string[];
  open(path: string, options?: { colorScheme?: 'light' | 'dark'; width?: number; height?: number }): Promise<Page>;
  close(): Promise<void>;
}

/** The built server with the tools above, and a browser. */
export async function startSite(env: Record<string, string> = {}): Promise<Site> {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'tools.mjs'), TOOLS);
  const server = await startServer(folder, { TOOLS: './tools.mjs', ...env });
  const executablePath = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium';
  const browser = await chromium.launch({ executablePath, args: ARGUMENTS });
  const complaints: string[] = [];
  const open: Site['open'] = async (path, { colorScheme = 'light', width = 1280, height = 860 } = {}) => {
    // What moves is drawn again all the time.
    const page = await browser.newPage({ colorScheme, reducedMotion: 'reduce', viewport: { width, height } });
    page.on('console', (message) => {
      if (message.type() === 'error' && !message.text().includes('401')) complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('request', (request) => {
      if (!request.url().startsWith(server.url)) complaints.push(`loads ${request.url()}`);
    });
    await page.goto(server.url + path);
    return page;
  };
  const close = async (): Promise<void> => {
    await browser.close();
    await server.end('SIGTERM');
  };
  return { server, folder, browser, complaints, open, close };
}

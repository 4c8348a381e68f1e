import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SVG_STYLE } from '../../src/engine/engine.js';
import { loadPage } from '../../src/http/service/page-files.js';
import { startTestServer, type TestServer } from '../helpers/server.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';

describe('the page', () => {
  let server: TestServer;
  beforeAll(async () => {
    const folder = temporaryFolder();
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8'));
    const [program, ...args] = scripts['build:web'].split(' ').filter((arg: string) => !arg.startsWith('--outdir='));
    execFileSync(join('node_modules/.bin', program), [...args, `--outdir=${folder}`]);
    server = await startTestServer({ apiKeys: ['key'], page: loadPage([join(folder, 'nope'), folder]) });
  }, 30_000);
  afterAll(() => server.stop());

  const get = (url: string, headers: Record<string, string> = {}) => server.app.inject({ url, headers });

  it('is open without a key, with all of its parts, and loads nothing from elsewhere', async () => {
    const page = await get('/');
    expect([page.statusCode, page.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
    const parts = Array.from(page.body.matchAll(/(?:src|href)="([^"]+)"/g), ([, part = '']) => part);
    expect(parts).toEqual(expect.arrayContaining(['web/app.js', 'web/app.css', 'web/icon.svg']));
    for (const part of parts.filter((each) => each !== 'docs'))
      expect((await get(`/${part}`)).statusCode, part).toBe(200);
    expect((await get('/graph')).statusCode).toBe(401);
    expect((await get('/web/nope.js')).statusCode).toBe(401);
  });

  it('runs only scripts and styles of its own', async () => {
    const page = await get('/');
    const policy = String(page.headers['content-security-policy']);
    for (const part of ["default-src 'none'", "script-src 'self'", "connect-src 'self'", "frame-ancestors 'none'"]) {
      expect(policy.split('; ')).toContain(part);
    }
    expect(policy).not.toContain('unsafe');
    expect(page.body).not.toMatch(/<script(?![^>]*src=)|<style|\son[a-z]+=|style=/);
    expect((await get('/web/app.js')).body).not.toMatch(/\beval\(|new Function\(|https?:\/\/(?!www\.w3\.org)/);
    expect(SVG_STYLE).not.toMatch(/[<&]/);
  });

  it('is asked for again by browsers, and answered with 304 while it is the same', async () => {
    const { headers } = await get('/web/app.css');
    expect(headers['cache-control']).toBe('no-cache');
    const again = await get('/web/app.css', { 'if-none-match': String(headers.etag) });
    expect([again.statusCode, again.body]).toEqual([304, '']);
  });

  it('is not there where it was not built', async () => {
    expect(loadPage([temporaryFolder()])).toBeUndefined();
    const bare = await startTestServer();
    expect((await bare.ask('GET /')).status).toBe(404);
    await bare.stop();
  });
});

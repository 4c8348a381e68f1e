import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SVG_STYLE } from '../../src/engine/engine.js';
import { findPage } from '../../src/http/service/page.js';
import { startTestServer, type TestServer } from '../helpers/server.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';

describe('the page', () => {
  let server: TestServer;
  beforeAll(async () => {
    const folder = join(temporaryFolder(), 'web');
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8'));
    const [program, ...args] = scripts['build:web'].split(' ').filter((arg: string) => !arg.startsWith('--outdir='));
    execFileSync(join('node_modules/.bin', program), [...args, `--outdir=${folder}`]);
    writeFileSync(join(folder, 'secret.txt'), 'secret');
    writeFileSync(join(folder, '..', 'secret.txt'), 'secret');
    server = await startTestServer({ apiKeys: ['key'], page: findPage([join(folder, 'nope'), folder]) });
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
    // www.w3.org names XML, and receiver.example is in a command to copy: neither is loaded.
    const unwanted = /\beval\(|new Function\(|https?:\/\/(?!www\.w3\.org|receiver\.example)/;
    for (const script of ['app.js', 'cron-words.js', 'graph-editor.js']) {
      expect((await get(`/web/${script}`)).body, script).not.toMatch(unwanted);
    }
    expect(SVG_STYLE).not.toMatch(/[<&]/);
  });

  it('is asked for again by browsers, and answered with 304 while it is the same', async () => {
    const { headers } = await get('/web/app.css');
    expect(headers['cache-control']).toBe('no-cache');
    const again = await get('/web/app.css', { 'if-none-match': String(headers.etag) });
    expect([again.statusCode, again.body]).toEqual([304, '']);
  });

  it.each([
    ['/', 'text/html; charset=utf-8'],
    ['/web/app.js', 'text/javascript; charset=utf-8'],
    ['/web/cron-words.js', 'text/javascript; charset=utf-8'],
    ['/web/graph-editor.js', 'text/javascript; charset=utf-8'],
    ['/web/app.css', 'text/css; charset=utf-8'],
    ['/web/icon.svg', 'image/svg+xml'],
  ])('serves %s as %s, with the headers of a page', async (url, mediaType) => {
    const { headers, rawPayload } = await get(url);
    expect(headers).toMatchObject({
      'content-type': mediaType,
      'content-length': String(rawPayload.length),
      'cache-control': 'no-cache',
      'content-security-policy': expect.stringContaining("script-src 'self'"),
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      etag: expect.any(String),
    });
    expect(headers).not.toHaveProperty('accept-ranges');
    const head = await server.app.inject({ method: 'HEAD', url });
    expect([head.statusCode, head.body, head.headers['content-length']]).toEqual([200, '', headers['content-length']]);
  });

  it.each([
    '/web',
    '/web/',
    '/web/index.html',
    '/web/secret.txt',
    '/index.html',
    '/app.js',
    '/secret.txt',
    '//web/app.js',
    '/web//app.js',
    '/web/app.js/',
    '/web/app.js/..%2fsecret.txt',
    '/web/../secret.txt',
    '/web/%2e%2e/secret.txt',
    '/web/..%2fsecret.txt',
    '/web/%2e%2e%2fsecret.txt',
    '/web/..%5csecret.txt',
    '/web/..%252fsecret.txt',
    '/web/%00app.js',
    '/web/.%2e/package.json',
  ])('serves nothing of the folder by way of %s', async (path) => {
    const open = { authorization: 'Bearer key' };
    for (const headers of [{}, open]) {
      // As an object, so that nothing resolves the dots before the server sees them.
      const answer = await server.app.inject({ method: 'GET', url: { pathname: path } as never, headers });
      expect([400, 401, 404]).toContain(answer.statusCode);
      expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
      expect(answer.body).not.toMatch(/^secret|<html/);
    }
  });

  it('is not there where it was not built', async () => {
    expect(findPage([temporaryFolder()])).toBeUndefined();
    const bare = await startTestServer();
    expect((await bare.ask('GET /')).status).toBe(404);
    await bare.stop();
  });
});

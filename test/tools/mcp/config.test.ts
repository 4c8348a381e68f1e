import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readMcpConfig } from '../../../src/tools/mcp/config.js';
import { writeConfig } from '../../helpers/mcp-servers.js';
import { temporaryFolder } from '../../helpers/temporary-folder.js';

const read = (mcpServers: object, secrets: Record<string, string> = {}) =>
  readMcpConfig(writeConfig(mcpServers), secrets);

describe('the MCP configuration', () => {
  it('names servers by command or by URL', () => {
    const { servers, warnings } = read({
      files: { command: 'npx', args: ['-y', 'x'], env: { A: 'b' }, cwd: '/tmp' },
      short: { command: 'x', type: 'stdio' },
      remote: { type: 'http', url: 'https://mcp.example/mcp', headers: { 'X-Key': 'k' } },
      other: { type: 'streamable-http', url: 'http://localhost:1/' },
      plain: { url: 'http://localhost:1/' },
      older: { type: 'sse', url: 'http://localhost:1/sse' },
    });
    expect(warnings).toEqual([]);
    expect(servers).toEqual([
      { name: 'files', kind: 'stdio', command: 'npx', args: ['-y', 'x'], env: { A: 'b' }, cwd: '/tmp' },
      { name: 'short', kind: 'stdio', command: 'x', args: [], env: {}, cwd: undefined },
      { name: 'remote', kind: 'http', url: 'https://mcp.example/mcp', headers: { 'X-Key': 'k' } },
      { name: 'other', kind: 'http', url: 'http://localhost:1/', headers: {} },
      { name: 'plain', kind: 'http', url: 'http://localhost:1/', headers: {} },
      { name: 'older', kind: 'sse', url: 'http://localhost:1/sse', headers: {} },
    ]);
  });

  it('warns of what it passes over', () => {
    const { servers, warnings } = read({
      a: { command: 'x', autoApprove: [] },
      b: { url: 'http://localhost:1/', disabled: true },
      'Brave Search': { command: 'x' },
    });
    expect(servers.map(({ name }) => name)).toEqual(['a']);
    expect(warnings).toEqual([
      'a: the key "autoApprove" is not known, and is passed over',
      'b: disabled',
      'Brave Search: passed over; names here are letters, digits, "_" and "-", at most 64',
    ]);
  });

  it.each([
    { type: 'ws', url: 'http://127.0.0.1:1/sse' },
    { url: 5, headers: 'none' },
    { command: '', args: null },
    {},
    { command: '${secrets.NOT_SET}' },
  ])('passes over %j if it is disabled', (entry) => {
    const { servers, passedOver, secretNames } = read({ old: { ...entry, disabled: true } });
    expect([servers, secretNames]).toEqual([[], []]);
    expect([...passedOver]).toEqual([['old', 'is disabled']]);
  });

  it('takes secrets from the settings', () => {
    // biome-ignore-start lint/suspicious/noTemplateCurlyInString: that is how the file names secrets.
    const entry = { url: 'http://localhost:1/', headers: { Authorization: 'Bearer ${secrets.KEY}', Home: '${HOME}' } };
    const { servers, secretNames } = read({ a: entry }, { KEY: 'k-1', OTHER: 'o' });
    expect(servers[0]).toMatchObject({ headers: { Authorization: 'Bearer k-1', Home: '${HOME}' } });
    expect(secretNames).toEqual(['KEY']);
    expect(() => read({ a: { command: '${secrets.constructor}' } })).toThrow('there is no secret constructor');
    // biome-ignore-end lint/suspicious/noTemplateCurlyInString: see above.
  });

  it.each([
    [{ a: {} }, 'a: it needs either a command or a url'],
    [{ a: { command: 'x', url: 'http://x/' } }, 'a: it needs either a command or a url'],
    [{ a: { command: '' } }, 'a: command: '],
    [{ a: { command: 'x', args: 'y' } }, 'a: args: '],
    [{ a: { url: 'ftp://x/' } }, 'a: url: must be an http:// or https:// URL'],
    [{ a: { url: 'http://x/', type: 'ws' } }, 'a: type: the transport must be http, streamable-http, sse or stdio'],
    [{ a: { url: 'http://x/', disabled: 'yes' } }, 'a: disabled: must be true or false'],
    [{ a: { url: 'http://x/', oauth: { client_id: 'a', client_secret: 'b' } } }, 'a: oauth.issuer: '],
    [{ a: 'x' }, 'it must be an object with mcpServers'],
  ])('that says %j is refused', (servers, problem) => {
    expect(() => read(servers)).toThrow(problem);
  });

  it('that is no JSON, or not there, is refused by its name', () => {
    const path = join(temporaryFolder(), 'mcp.json');
    expect(() => readMcpConfig(path, {})).toThrow(`MCP_CONFIG ${path}: it cannot be read as JSON`);
    writeFileSync(path, '{');
    expect(() => readMcpConfig(path, {})).toThrow(`MCP_CONFIG ${path}: it cannot be read as JSON`);
    writeFileSync(path, '{"servers":{}}');
    expect(() => readMcpConfig(path, {})).toThrow('mcpServers');
  });

  it('tells of everything that is wrong at once', () => {
    expect(() => read({ a: {}, b: { command: 1 } })).toThrow(/a: .*; b: /);
  });
});

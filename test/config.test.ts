import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { ConfigError, loadConfig, readConfig, settingsSchema } from '../src/config.js';

const NAMES = Object.keys(settingsSchema.shape);

function problemsOf(env: Record<string, string>): readonly string[] {
  try {
    readConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe('readConfig', () => {
  it('has defaults for everything', () => {
    expect(readConfig({})).toEqual({
      host: '127.0.0.1',
      port: 8000,
      databaseUrl: 'workflow.db',
      databaseListenUrl: undefined,
      role: 'all',
      heartbeatSeconds: 10,
      tools: [],
      maxConcurrentRuns: 100,
      maxQueuedRuns: 10_000,
      maxDescendants: 100_000,
      toolLimits: [],
      stepTimeoutSeconds: 600,
      shutdownGraceSeconds: 10,
      retentionDays: undefined,
      maxBodyBytes: 1_048_576,
      publicUrl: undefined,
      apiKeys: [],
      namedApiKeys: [],
      readApiKeys: [],
      allowAnonymous: false,
      allowsUnsignedHooks: true,
      httpAllow: [],
      llmBaseUrl: 'https://api.openai.com/v1',
      mcpConfigPath: undefined,
      logLevel: 'info',
      secrets: {},
      isOpenOnLoopback: true,
    });
  });

  it('reads every setting', () => {
    const config = readConfig({
      HOST: '::1',
      PORT: '0',
      DATABASE_URL: 'file:data/runs.db',
      HEARTBEAT_SECONDS: '30',
      TOOLS: './a.mjs, ./b.mjs ,,./a.mjs',
      MAX_CONCURRENT_RUNS: '4',
      MAX_QUEUED_RUNS: '5',
      MAX_DESCENDANTS: '6',
      TOOL_LIMITS: 'http_request:20, mcp:docs:3 ,',
      STEP_TIMEOUT_SECONDS: '0.5',
      SHUTDOWN_GRACE_SECONDS: '0',
      RETENTION_DAYS: '30',
      MAX_BODY_BYTES: '2048',
      PUBLIC_URL: 'https://Example.org:443/flows/',
      API_KEYS: 'one,two',
      NAMED_API_KEYS: 'alice:three, ci@example.org:fo:ur ,',
      READ_API_KEYS: 'five',
      ALLOW_ANONYMOUS: 'TRUE',
      HTTP_ALLOW: 'internal.example, 127.0.0.1:9000,fd00::/8',
      LLM_BASE_URL: 'http://localhost:9100/v1',
      MCP_CONFIG: './mcp.json',
      LOG_LEVEL: 'Debug',
      SECRET_TOKEN: ' a b ',
      SECRET_EMPTY: '',
      'SECRET_not-a-name': 'x',
    });
    expect(config).toEqual({
      host: '::1',
      port: 0,
      databaseUrl: 'data/runs.db',
      databaseListenUrl: undefined,
      role: 'all',
      heartbeatSeconds: 30,
      tools: ['./a.mjs', './b.mjs'],
      maxConcurrentRuns: 4,
      maxQueuedRuns: 5,
      maxDescendants: 6,
      toolLimits: [
        ['http_request', 20],
        ['mcp:docs', 3],
      ],
      stepTimeoutSeconds: 0.5,
      shutdownGraceSeconds: 0,
      retentionDays: 30,
      maxBodyBytes: 2048,
      publicUrl: 'https://example.org/flows',
      apiKeys: ['one', 'two'],
      namedApiKeys: [
        { name: 'alice', key: 'three' },
        { name: 'ci@example.org', key: 'fo:ur' },
      ],
      readApiKeys: ['five'],
      allowAnonymous: true,
      allowsUnsignedHooks: true,
      httpAllow: ['internal.example', '127.0.0.1:9000', 'fd00::/8'],
      llmBaseUrl: 'http://localhost:9100/v1',
      mcpConfigPath: './mcp.json',
      logLevel: 'debug',
      secrets: { TOKEN: ' a b ' },
      isOpenOnLoopback: false,
    });
  });

  it('reads what servers that share a database need', () => {
    const urls = { DATABASE_URL: 'postgres://pool/runs', DATABASE_LISTEN_URL: 'postgres://db/runs' };
    expect(readConfig({ ...urls, ROLE: 'Worker' })).toMatchObject({
      databaseUrl: 'postgres://pool/runs',
      databaseListenUrl: 'postgres://db/runs',
      role: 'worker',
    });
  });

  it('takes an empty value for none, and ignores what it does not know', () => {
    const empty = Object.fromEntries(NAMES.map((name, index) => [name, index % 2 === 0 ? '' : '  ']));
    expect(readConfig({ ...empty, PATH: '/bin' })).toEqual(readConfig({}));
  });

  it.each([
    ['PORT', 'abc', 'a whole number from 0 to 65535'],
    ['PORT', '65536', 'a whole number from 0 to 65535'],
    ['PORT', '-1', 'a whole number from 0 to 65535'],
    ['PORT', '8e3', 'a whole number from 0 to 65535'],
    ['PORT', '0x50', 'a whole number from 0 to 65535'],
    ['HOST', 'not a host', 'an IP address or a host name'],
    ['HOST', '127.0.0', 'an IP address or a host name'],
    ['HOST', '256.0.0.1', 'an IP address or a host name'],
    ['DATABASE_URL', 'mysql://x/y', 'or a postgres:// URL with a database'],
    ['DATABASE_URL', 'postgres://host', 'or a postgres:// URL with a database'],
    ['DATABASE_URL', 'postgres://host/', 'or a postgres:// URL with a database'],
    ['DATABASE_URL', 'postgres://host:port/db', 'or a postgres:// URL with a database'],
    ['ROLE', 'leader', 'one of all, api, worker'],
    ['HEARTBEAT_SECONDS', '9', 'a whole number from 10 to 300'],
    ['DATABASE_URL', ':memory:', 'a path, a file: URL'],
    ['DATABASE_URL', 'file:', 'a path, a file: URL'],
    ['DATABASE_URL', 'file:x.db?mode=ro', 'a path, a file: URL'],
    ['DATABASE_URL', 'file://elsewhere/x.db', 'a path, a file: URL'],
    ['MAX_CONCURRENT_RUNS', '0', 'a whole number from 1 to 100000'],
    ['MAX_QUEUED_RUNS', '1.5', 'a whole number from 1 to 10000000'],
    ...['work', 'work:0', 'work:100001', ':3', 'a:1,a:2', 'a:x', ','].map((text) => {
      const allowed = 'pairs TOOL:CALLS with commas between them; CALLS is a whole number from 1 to 100000';
      return ['TOOL_LIMITS', text, allowed];
    }),
    ['MAX_DESCENDANTS', '0', 'a whole number from 1 to 10000000'],
    ['STEP_TIMEOUT_SECONDS', '0', 'a number from 0.001 to 2147483'],
    ['STEP_TIMEOUT_SECONDS', '9999999', 'a number from 0.001 to 2147483'],
    ['SHUTDOWN_GRACE_SECONDS', 'soon', 'a number from 0 to 2147483'],
    ['RETENTION_DAYS', '0', 'a number from 0.001 to 36500'],
    ['MAX_BODY_BYTES', '1MB', 'a whole number from 1 to 1073741824'],
    ...[
      'example.org',
      'ftp://example.org',
      'https://x.example/?a=b',
      'https://x.example/?',
      'https://x.example/#a',
    ].map((value) => ['PUBLIC_URL', value, 'an http:// or https:// URL without user, password, ? and #']),
    ['ALLOW_ANONYMOUS', 'yes', 'true or false'],
    ['HTTP_ALLOW', 'http://internal.example', 'hosts, host:port, IP addresses or CIDR ranges'],
    ['LLM_BASE_URL', 'localhost', 'an http:// or https:// URL'],
    ['LLM_BASE_URL', 'ftp://models.example', 'an http:// or https:// URL'],
    ['LOG_LEVEL', 'loud', 'one of trace, debug, info, warn, error, fatal, silent'],
  ])('refuses %s=%s with the name, the value and what is allowed', (name, value, allowed) => {
    const [problem, ...others] = problemsOf({ [name]: value });
    expect(others).toEqual([]);
    expect(problem).toContain(`${name} is ${JSON.stringify(value)}; it must be`);
    expect(problem).toContain(allowed);
  });

  it('tells of all bad values at once', () => {
    const problems = problemsOf({ PORT: 'x', LOG_LEVEL: 'loud', HOST: '0.0.0.0', MAX_BODY_BYTES: '-1' });
    expect(problems.map((problem) => problem.split(' ')[0])).toEqual(['PORT', 'MAX_BODY_BYTES', 'LOG_LEVEL', 'HOST']);
  });

  it.each(['key with space', 'ключ', ',', ' , '])('refuses the keys %j and never shows them', (keys) => {
    const [problem = ''] = problemsOf({ API_KEYS: keys });
    expect(problem).toContain('API_KEYS is set to something (not shown)');
    if (keys.trim() !== ',') expect(problem).not.toContain(keys);
  });

  it.each([
    'nokey',
    'alice:',
    ':zzzz',
    'al ice:zzzz',
    'alice:zz zz',
    '-alice:zzzz',
    `${'a'.repeat(101)}:zzzz`,
    'alice:zzzz,alice:yyyy',
    'alice:zzzz,bob:zzzz',
    'token:zzzz',
    'alice:zzzz,bob',
    ',',
  ])('refuses the named keys %j and never shows them', (keys) => {
    const problems = problemsOf({ NAMED_API_KEYS: keys });
    expect(problems).toEqual([expect.stringMatching(/^NAMED_API_KEYS is set to something \(not shown\); it must be/)]);
    expect(problems.join()).not.toContain('zz');
  });

  it('refuses a key that two settings have, and never shows it', () => {
    expect(problemsOf({ API_KEYS: 'zzzz,a', NAMED_API_KEYS: 'alice:zzzz', READ_API_KEYS: 'b,zzzz' })).toEqual([
      'NAMED_API_KEYS is set to something (not shown), but has a key that API_KEYS has too',
      'READ_API_KEYS is set to something (not shown), but has a key that API_KEYS has too',
      'READ_API_KEYS is set to something (not shown), but has a key that NAMED_API_KEYS has too',
    ]);
  });

  it.each(['postgres://me:pa@zz@db', 'postgresql://db?user=me&password=pa@zz&x=y'])(
    'refuses %s without its password',
    (url) => {
      const [problem] = problemsOf({ DATABASE_URL: url });
      expect(problem).toContain('with a database');
      expect(problem).not.toContain('zz');
    },
  );

  it.each([
    ['ROLE', { ROLE: 'worker' }],
    ['DATABASE_LISTEN_URL', { DATABASE_LISTEN_URL: 'postgres://db/runs', DATABASE_URL: 'runs.db' }],
  ])('refuses %s with a SQLite file, and says what to do', (name, env) => {
    const [problem, ...others] = problemsOf(env);
    expect(others).toEqual([]);
    expect(problem).toMatch(new RegExp(`^${name} is .*give a postgres:// URL`));
  });

  it('refuses a URL of a model with a password, and does not show it', () => {
    const [problem] = problemsOf({ LLM_BASE_URL: 'https://me:pa@ss@models.example/v1' });
    expect(problem).toContain('LLM_BASE_URL is "https://***@models.example/v1"');
    const [other] = problemsOf({ PUBLIC_URL: 'https://me:password@example.org' });
    expect(other).toContain('PUBLIC_URL is "https://***@example.org"');
  });

  it('cuts a value that is very long', () => {
    expect(problemsOf({ PORT: '9'.repeat(5000) })[0]?.length).toBeLessThan(400);
  });

  it.each([
    ['runs.db', 'runs.db'],
    ['/var/lib/runs.db', '/var/lib/runs.db'],
    ['file:./runs.db', './runs.db'],
    ['file:/var/lib/runs.db', '/var/lib/runs.db'],
    ['file:///var/my%20lib/runs.db', '/var/my lib/runs.db'],
    ['C:\\runs.db', 'C:\\runs.db'],
    ['postgres://me:pa@ss@db:5432/runs?sslmode=require', 'postgres://me:pa@ss@db:5432/runs?sslmode=require'],
    ['postgresql:///runs?host=/var/run/postgresql', 'postgresql:///runs?host=/var/run/postgresql'],
  ])('takes %s for the database %s', (url, path) => {
    expect(readConfig({ DATABASE_URL: url }).databaseUrl).toBe(path);
  });
});

describe('an address that others can reach', () => {
  it.each(['0.0.0.0', '::', '10.0.0.5', 'my-server.example', '::ffff:10.0.0.5', 'fe80::1%eth0'])(
    '%s needs keys, or leave in so many words',
    (host) => {
      expect(problemsOf({ HOST: host })).toEqual([expect.stringContaining('set API_KEYS, or ALLOW_ANONYMOUS=true')]);
      expect(readConfig({ HOST: host, API_KEYS: 'k' }).host).toBe(host);
      expect(readConfig({ HOST: host, NAMED_API_KEYS: 'a:k' }).host).toBe(host);
      expect(readConfig({ HOST: host, READ_API_KEYS: 'k' }).host).toBe(host);
      expect(readConfig({ HOST: host, ALLOW_ANONYMOUS: 'true' }).host).toBe(host);
      expect(problemsOf({ HOST: host, ALLOW_ANONYMOUS: 'false' })).toHaveLength(1);
    },
  );

  it.each(['127.0.0.1', '127.8.9.1', '::1', '0:0:0:0:0:0:0:1', '::ffff:127.0.0.1', 'localhost', 'LOCALHOST', '[::1]'])(
    '%s is not one',
    (host) => {
      expect(problemsOf({ HOST: host })).toEqual([]);
    },
  );
});

it('knows when anybody on this machine, and nobody else, may come in', () => {
  expect(readConfig({ HOST: 'localhost' }).isOpenOnLoopback).toBe(true);
  expect(readConfig({ API_KEYS: 'k' }).isOpenOnLoopback).toBe(false);
  expect(readConfig({ NAMED_API_KEYS: 'a:k' }).isOpenOnLoopback).toBe(false);
  expect(readConfig({ READ_API_KEYS: 'k' }).isOpenOnLoopback).toBe(false);
  expect(readConfig({ HOST: '0.0.0.0', ALLOW_ANONYMOUS: 'true' }).isOpenOnLoopback).toBe(false);
});

it('lets hooks take what nobody has signed on loopback, and where everybody may do everything', () => {
  expect(readConfig({ API_KEYS: 'k' }).allowsUnsignedHooks).toBe(true);
  expect(readConfig({ HOST: '0.0.0.0', API_KEYS: 'k' }).allowsUnsignedHooks).toBe(false);
  expect(readConfig({ HOST: '0.0.0.0', ALLOW_ANONYMOUS: 'true' }).allowsUnsignedHooks).toBe(true);
});

describe('.env.example', () => {
  const example = Object.fromEntries(
    readFileSync(new URL('../.env.example', import.meta.url), 'utf8')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => line.split('=', 2) as [string, string]),
  );

  it('lists the settings there are, and no others', () => {
    expect(Object.keys(example)).toEqual(NAMES);
  });

  it('states their defaults', () => {
    expect(readConfig(example)).toEqual(readConfig({}));
  });
});

describe('loadConfig', () => {
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  /** Makes a temporary directory the working one, with this `.env`. */
  function inDirectoryWith(env: string | undefined): void {
    const directory = mkdtempSync(join(tmpdir(), 'graphrunner-config-'));
    if (env !== undefined) writeFileSync(join(directory, '.env'), env);
    const before = process.cwd();
    process.chdir(directory);
    onTestFinished(() => {
      process.chdir(before);
      rmSync(directory, { recursive: true });
    });
  }

  it('reads .env, under the real environment', () => {
    for (const name of NAMES) vi.stubEnv(name, undefined);
    vi.stubEnv('PORT', '9001');
    inDirectoryWith('PORT=9000\nLOG_LEVEL=warn # quiet\n');
    expect(loadConfig()).toMatchObject({ port: 9001, logLevel: 'warn' });
  });

  it('tells when .env cannot be read', () => {
    inDirectoryWith(undefined);
    mkdirSync('.env');
    expect(() => loadConfig()).toThrow(/\.env cannot be read/);
  });

  it('does without .env', () => {
    for (const name of NAMES) vi.stubEnv(name, undefined);
    inDirectoryWith(undefined);
    expect(loadConfig()).toEqual(readConfig({}));
  });
});

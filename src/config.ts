import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { messageOf } from './core/base/errors.js';
import { isPostgresUrl } from './core/base/postgres-url.js';
import { parseToolLimits } from './core/tool/tool-limits.js';
import { isLoopback, parseHost } from './host-setting.js';
import { describeMisnamed, findMisnamedSettings, type MisnamedSetting } from './misnamed-settings.js';
import { SETTING_NAMES, type SettingName } from './setting-names.js';

/** The longest delay that a Node timer takes, in seconds. */
const MAX_TIMER_SECONDS = 2_147_483;

/**
 * Every setting: the variable, its default, and what it may be. `.env.example` lists the same; a test compares.
 * Values arrive trimmed, and an empty one arrives as unset.
 */
export const settingsSchema = z.object({
  HOST: setting('an IP address or a host name', '127.0.0.1', parseHost),
  PORT: integer(8000, 0, 65_535),
  DATABASE_URL: setting('a path, a file: URL, or a postgres:// URL with a database', 'workflow.db', parseDatabase),
  DATABASE_LISTEN_URL: setting('a postgres:// URL with a database', undefined, parsePostgresUrl),
  ROLE: oneOf('all', ['all', 'api', 'worker']),
  HEARTBEAT_SECONDS: integer(10, 10, 300),
  TOOLS: setting('module paths with commas between them', [], parseList),
  MAX_CONCURRENT_RUNS: integer(100, 1, 100_000),
  MAX_QUEUED_RUNS: integer(10_000, 1, 10_000_000),
  MAX_DESCENDANTS: integer(100_000, 1, 10_000_000),
  TOOL_LIMITS: setting(
    'pairs TOOL:CALLS with commas between them; CALLS is a whole number from 1 to 100000',
    [],
    parseToolLimits,
  ),
  STEP_TIMEOUT_SECONDS: decimal(600, 0.001, MAX_TIMER_SECONDS),
  SHUTDOWN_GRACE_SECONDS: decimal(10, 0, MAX_TIMER_SECONDS),
  RETENTION_DAYS: decimal(undefined, 0.001, 36_500),
  MAX_BODY_BYTES: integer(1_048_576, 1, 1_073_741_824),
  PUBLIC_URL: setting('an http:// or https:// URL without user, password, ? and #', undefined, parsePublicUrl),
  API_KEYS: setting('keys of visible ASCII characters with commas between them', [], parseKeys),
  NAMED_API_KEYS: setting(
    'pairs NAME:KEY with commas between them; names differ, and have 1 to 100 letters, digits or . _ @ -',
    [],
    parseNamedKeys,
  ),
  READ_API_KEYS: setting('keys of visible ASCII characters with commas between them', [], parseKeys),
  ALLOW_ANONYMOUS: setting('true or false', false, parseBoolean),
  HTTP_ALLOW: setting('hosts, host:port, IP addresses or CIDR ranges, with commas between them', [], parsePlaces),
  LLM_BASE_URL: setting('an http:// or https:// URL', 'https://api.openai.com/v1', parseHttpUrl),
  MCP_CONFIG: setting('a path', undefined, (text) => text),
  OTEL_EXPORTER_OTLP_ENDPOINT: setting('an http:// or https:// URL', undefined, parseHttpUrl),
  LOG_LEVEL: oneOf('info', ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']),
} satisfies Record<SettingName, z.ZodType>);

const configSchema = settingsSchema.transform((settings) => ({
  host: settings.HOST,
  /** 0 lets the system pick one. */
  port: settings.PORT,
  /** A path, or a `postgres://` URL. */
  databaseUrl: settings.DATABASE_URL,
  /** For the connection that listens; undefined: the database's URL. */
  databaseListenUrl: settings.DATABASE_LISTEN_URL,
  /** What this server does of what servers on one database share: take requests, drive runs, or both. */
  role: settings.ROLE,
  /** After so long without a sign of life, a server's runs are taken over. */
  heartbeatSeconds: settings.HEARTBEAT_SECONDS,
  /** Modules as the user named them. */
  tools: settings.TOOLS,
  maxConcurrentRuns: settings.MAX_CONCURRENT_RUNS,
  maxQueuedRuns: settings.MAX_QUEUED_RUNS,
  maxDescendants: settings.MAX_DESCENDANTS,
  /** How many calls of some tools can be at work at a time, by the names of the tools. */
  toolLimits: settings.TOOL_LIMITS,
  stepTimeoutSeconds: settings.STEP_TIMEOUT_SECONDS,
  shutdownGraceSeconds: settings.SHUTDOWN_GRACE_SECONDS,
  /** Undefined keeps finished runs for ever. */
  retentionDays: settings.RETENTION_DAYS,
  maxBodyBytes: settings.MAX_BODY_BYTES,
  /** What people reach the server by, without a slash at its end; undefined: there are no approval links. */
  publicUrl: settings.PUBLIC_URL,
  /** None means that requests need no key. */
  apiKeys: settings.API_KEYS,
  namedApiKeys: settings.NAMED_API_KEYS,
  readApiKeys: settings.READ_API_KEYS,
  allowAnonymous: settings.ALLOW_ANONYMOUS,
  /** What the tool http_request may reach beside the public internet. */
  httpAllow: settings.HTTP_ALLOW,
  llmBaseUrl: settings.LLM_BASE_URL,
  /** The file that names MCP servers. */
  mcpConfigPath: settings.MCP_CONFIG,
  /** Where spans go; undefined: nowhere. */
  otlpEndpoint: settings.OTEL_EXPORTER_OTLP_ENDPOINT,
  logLevel: settings.LOG_LEVEL,
  /** Only this machine can reach the server, and anybody on it may: then the Host header tells web pages apart. */
  isOpenOnLoopback: countKeys(settings) === 0 && isLoopback(settings.HOST),
  /** Hooks can take what nobody has signed. */
  allowsUnsignedHooks: settings.ALLOW_ANONYMOUS || isLoopback(settings.HOST),
}));

/** The settings with keys, which are never shown. With any of them, requests need a key. */
const KEY_SETTINGS = ['API_KEYS', 'NAMED_API_KEYS', 'READ_API_KEYS'] as const;

function countKeys(settings: Readonly<Record<(typeof KEY_SETTINGS)[number], readonly unknown[]>>): number {
  return KEY_SETTINGS.reduce((count, name) => count + settings[name].length, 0);
}

interface NamedKey {
  readonly name: string;
  readonly key: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

export type Config = Readonly<z.output<typeof configSchema>> & {
  /** Values by name, from variables `SECRET_<name>`. They are never shown. */
  readonly secrets: Readonly<Record<string, string>>;
};

/** The settings cannot be used. The message has a line for each that is wrong. */
export class ConfigError extends Error {
  constructor(readonly problems: readonly string[]) {
    super(['These settings cannot be used:', ...problems.map((problem) => `  ${problem}`)].join('\n'));
    this.name = 'ConfigError';
  }
}

/**
 * The settings of this process: its environment, and under it the `.env` file of the working directory.
 * @throws ConfigError
 */
export function loadConfig(): Config {
  try {
    if (existsSync('.env')) process.loadEnvFile('.env');
  } catch (error) {
    throw new ConfigError([`.env cannot be read: ${messageOf(error)}`]);
  }
  return readConfig(process.env);
}

/**
 * The settings that an environment gives.
 * @throws ConfigError that names every bad setting, its value and what is allowed.
 */
export function readConfig(env: Environment): Config {
  const values = Object.fromEntries(SETTING_NAMES.map((name) => [name, env[name]?.trim() || undefined]));
  const result = configSchema.safeParse(values);
  const problems = (result.error?.issues ?? []).map((issue) => {
    const name = String(issue.path[0]);
    return `${name} is ${shown(name, values[name] ?? '')}; it must be ${issue.message}`;
  });
  problems.push(...exposure(values), ...onlyShared(values), ...sharedKeys(values));
  if (!result.success || problems.length > 0) {
    throw new ConfigError([...problems, ...misnamedSettings(env).map(describeMisnamed)]);
  }
  return { ...result.data, secrets: readSecrets(env) };
}

/** Variables that have a value, and are nearly settings. */
export function misnamedSettings(env: Environment = process.env): readonly MisnamedSetting[] {
  const names = Object.keys(env).filter((name) => (env[name] ?? '').trim() !== '');
  return findMisnamedSettings(names, SETTING_NAMES);
}

/** The variables `SECRET_<name>`, by name. Values are taken as they are; an empty one is none. */
function readSecrets(env: Environment): Record<string, string> {
  const secrets = Object.entries(env).flatMap(([variable, value]): [string, string][] => {
    const [, name] = /^SECRET_([A-Za-z_][A-Za-z0-9_]*)$/.exec(variable) ?? [];
    return name === undefined || value === undefined || value.trim() === '' ? [] : [[name, value]];
  });
  return Object.fromEntries(secrets);
}

/** A server that others can reach must know who they are, or be told in so many words that it need not. */
function exposure(values: Environment): string[] {
  const { HOST, ALLOW_ANONYMOUS } = values;
  const host = settingsSchema.shape.HOST.safeParse(HOST);
  if (!host.success || isLoopback(host.data)) return [];
  if (KEY_SETTINGS.some((name) => values[name] !== undefined)) return [];
  if (ALLOW_ANONYMOUS?.toLowerCase() === 'true') return [];
  return [
    `HOST is ${JSON.stringify(HOST)}, which other machines can reach; set API_KEYS, or ALLOW_ANONYMOUS=true to let anyone in`,
  ];
}

/** Two settings with one key would not say who has it, nor what it may do. */
function sharedKeys(values: Environment): string[] {
  const { shape } = settingsSchema;
  const settings = [
    ['API_KEYS', shape.API_KEYS.safeParse(values.API_KEYS).data ?? []],
    ['NAMED_API_KEYS', (shape.NAMED_API_KEYS.safeParse(values.NAMED_API_KEYS).data ?? []).map(({ key }) => key)],
    ['READ_API_KEYS', shape.READ_API_KEYS.safeParse(values.READ_API_KEYS).data ?? []],
  ] as const;
  return settings.flatMap(([name, keys], index) => {
    const earlier = settings.slice(0, index).filter(([, others]) => keys.some((key) => others.includes(key)));
    return earlier.map(([other]) => `${name} is set to something (not shown), but has a key that ${other} has too`);
  });
}

/** Settings that only mean something where several servers share a database. */
function onlyShared(values: Environment): string[] {
  const { DATABASE_URL, DATABASE_LISTEN_URL, ROLE } = values;
  if (DATABASE_URL !== undefined && isPostgresUrl(DATABASE_URL)) return [];
  const isDivided = ['api', 'worker'].includes(ROLE?.toLowerCase() ?? '');
  const advice = 'DATABASE_URL is a SQLite file, which one server has alone; give a postgres:// URL';
  return [
    ...(isDivided ? [`ROLE is ${JSON.stringify(ROLE)}, but ${advice}, or set ROLE=all`] : []),
    ...(DATABASE_LISTEN_URL === undefined ? [] : [`DATABASE_LISTEN_URL is set, but ${advice}`]),
  ];
}

/** A value as messages show it: never a key, nor the password in a database URL. */
function shown(name: string, value: string): string {
  if (KEY_SETTINGS.some((one) => one === name)) return 'set to something (not shown)';
  const masked = name.endsWith('_URL')
    ? value.replace(/(password=)[^&#]*/gi, '$1***').replace(/\/\/.*@/, '//***@')
    : value;
  return JSON.stringify(masked.length > 200 ? `${masked.slice(0, 200)}…` : masked);
}

/** A setting with a default. `parse` gives undefined for text that is not allowed. */
function setting<T, F = T>(allowed: string, fallback: F, parse: (text: string) => T | undefined) {
  return z
    .string()
    .optional()
    .transform((text, context): T | F => {
      if (text === undefined) return fallback;
      const value = parse(text);
      if (value !== undefined) return value;
      context.addIssue(allowed);
      return z.NEVER;
    });
}

function integer<F extends number | undefined>(fallback: F, min: number, max: number) {
  return setting<number, F>(`a whole number from ${min} to ${max}`, fallback, (text) =>
    /^\d+$/.test(text) ? within(Number(text), min, max) : undefined,
  );
}

function decimal<F extends number | undefined>(fallback: F, min: number, max: number) {
  return setting<number, F>(`a number from ${min} to ${max}`, fallback, (text) =>
    /^\d+(\.\d+)?$/.test(text) ? within(Number(text), min, max) : undefined,
  );
}

function oneOf<T extends string>(fallback: T, choices: readonly T[]) {
  return setting<T>(`one of ${choices.join(', ')}`, fallback, (text) =>
    choices.find((choice) => choice === text.toLowerCase()),
  );
}

function within(value: number, min: number, max: number): number | undefined {
  return value >= min && value <= max ? value : undefined;
}

function parseBoolean(text: string): boolean | undefined {
  const word = text.toLowerCase();
  return word === 'true' ? true : word === 'false' ? false : undefined;
}

/** Two letters or more, so that `C:\runs.db` is a path. */
const SCHEME = /^([a-z][a-z0-9+.-]+):/i;

function parseDatabase(text: string): string | undefined {
  if (isPostgresUrl(text)) return parsePostgresUrl(text);
  const scheme = SCHEME.exec(text)?.[1]?.toLowerCase();
  // A database in memory would lose the runs that this server promises to keep.
  if (scheme === undefined) return text.startsWith(':memory:') ? undefined : text;
  const path = text.slice('file:'.length);
  if (scheme !== 'file' || path === '' || path.startsWith(':memory:') || /[?#]/.test(path)) return undefined;
  return path.startsWith('//') ? pathOfUrl(text) : path;
}

function parsePostgresUrl(text: string): string | undefined {
  if (!isPostgresUrl(text) || !URL.canParse(text)) return undefined;
  const { pathname, hash } = new URL(text);
  return /^\/[^/]+$/.test(pathname) && hash === '' ? text : undefined;
}

function pathOfUrl(url: string): string | undefined {
  try {
    return fileURLToPath(url);
  } catch {
    return undefined;
  }
}

function parseList(text: string): readonly string[] {
  const items = text.split(',').map((item) => item.trim());
  return [...new Set(items.filter((item) => item !== ''))];
}

/** Hosts and addresses, each with a port or a prefix where there is one. What takes them reads them in full. */
function parsePlaces(text: string): readonly string[] | undefined {
  const places = parseList(text);
  return places.every((place) => /^[^\s/@?#\\]+(\/\d{1,3})?$/.test(place)) ? places : undefined;
}

/** Without user and password, since the URL turns up in messages. */
function parseHttpUrl(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined;
  const { protocol, username, password } = new URL(text);
  return /^https?:$/.test(protocol) && username === '' && password === '' ? text : undefined;
}

const NAMED_KEY = /^([A-Za-z0-9][A-Za-z0-9._@-]{0,99}):([\x21-\x7e]+)$/;
/** What says that nobody with a name did something: journals have it beside the names. */
const RESERVED_NAMES: readonly string[] = ['token'];

/** Neither names nor keys can be the same: who has a key would not be known. */
function parseNamedKeys(text: string): readonly NamedKey[] | undefined {
  const items = text.split(',').map((item) => item.trim());
  const pairs = items.filter((item) => item !== '').map((item) => NAMED_KEY.exec(item));
  const named = pairs.flatMap((pair) => (pair === null ? [] : [{ name: pair[1] ?? '', key: pair[2] ?? '' }]));
  const isDistinct = (key: keyof NamedKey) => new Set(named.map((one) => one[key])).size === named.length;
  const isGood = named.length > 0 && named.length === pairs.length && isDistinct('name') && isDistinct('key');
  return isGood && !named.some(({ name }) => RESERVED_NAMES.includes(name)) ? named : undefined;
}

/** Paths are added to it. */
function parsePublicUrl(text: string): string | undefined {
  if (parseHttpUrl(text) === undefined || /[?#\s]/.test(text)) return undefined;
  const { href } = new URL(text);
  return href.replace(/\/+$/, '');
}

/** At least one: whoever sets API_KEYS means the server to be closed. */
function parseKeys(text: string): readonly string[] | undefined {
  const keys = parseList(text);
  return keys.length > 0 && keys.every((key) => /^[\x21-\x7e]+$/.test(key)) ? keys : undefined;
}

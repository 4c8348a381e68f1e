import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { messageOf } from '../../core/base/errors.js';

export interface StdioServerConfig {
  readonly name: string;
  readonly kind: 'stdio';
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string | undefined;
}

export interface HttpServerConfig {
  readonly name: string;
  /** Streamable HTTP, or the transport before it, with one stream of events for all answers. */
  readonly kind: 'http' | 'sse';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly oauth: z.output<typeof oauthSchema> | undefined;
}

export type McpServerConfig = StdioServerConfig | HttpServerConfig;

export interface McpConfig {
  readonly servers: readonly McpServerConfig[];
  /** What is ignored, for the log. */
  readonly warnings: readonly string[];
  /** The secrets that the file names; their values must not be shown. */
  readonly secretNames: readonly string[];
  /** Servers that are passed over -> why, as the end of a sentence about the server. */
  readonly passedOver: ReadonlyMap<string, string>;
}

const httpUrl = z.url({ protocol: /^https?$/, error: 'must be an http:// or https:// URL' });

const oauthSchema = z.strictObject({
  /** The authorization server at which these credentials are registered. They are sent to no other. */
  issuer: httpUrl,
  client_id: z.string().min(1),
  client_secret: z.string().min(1),
  scope: z.string().min(1).optional(),
});

const stringsSchema = z.record(z.string(), z.string()).default({});

const stdioSchema = z.object({
  type: z.literal('stdio').optional(),
  disabled: z.literal(false, 'must be true or false').optional(),
  command: z.string().min(1),
  args: z.array(z.string()).default([]),
  env: stringsSchema,
  cwd: z.string().min(1).optional(),
});

const httpSchema = z.object({
  type: z
    .enum(['http', 'streamable-http', 'sse'], 'the transport must be http, streamable-http, sse or stdio')
    .optional(),
  disabled: z.literal(false, 'must be true or false').optional(),
  url: httpUrl,
  headers: stringsSchema,
  oauth: oauthSchema.optional(),
});

const fileSchema = z.object({ mcpServers: z.record(z.string(), z.record(z.string(), z.unknown())) });

/** Names of servers stand between the dots of `mcp.<server>.<tool>`, and so have none. */
const SERVER_NAME = /^[A-Za-z0-9_-]{1,64}$/;

/**
 * Reads the file that MCP_CONFIG names. It has the shape that other MCP clients use: `mcpServers`, by name.
 * `${secrets.NAME}` in any of its strings becomes the value of the secret. Entries with `disabled: true` are not read.
 * @throws Error with everything that is wrong with the file.
 */
export function readMcpConfig(path: string, secrets: Readonly<Record<string, string>>): McpConfig {
  const parsed = fileSchema.safeParse(readJson(path));
  if (!parsed.success) throw new Error(`MCP_CONFIG ${path}: it must be an object with mcpServers, an object by name`);
  const found = new Secrets(secrets);
  const problems: string[] = [];
  const servers: McpServerConfig[] = [];
  const warnings: string[] = [];
  const passedOver = new Map<string, string>();
  for (const [name, entry] of Object.entries(parsed.data.mcpServers)) {
    const read = readEntry(name, entry, found);
    problems.push(...read.problems.map((problem) => `${name}: ${problem}`));
    warnings.push(...read.warnings.map((warning) => `${name}: ${warning}`));
    if (read.server !== undefined) servers.push(read.server);
    if (read.passedOver !== undefined) passedOver.set(name, read.passedOver);
  }
  problems.push(...found.problems);
  if (problems.length > 0) throw new Error(`MCP_CONFIG ${path}: ${problems.join('; ')}`);
  return { servers, warnings, secretNames: [...found.names], passedOver };
}

/** Puts the values of secrets into strings. */
class Secrets {
  readonly names = new Set<string>();
  readonly problems: string[] = [];

  constructor(private readonly values: Readonly<Record<string, string>>) {}

  /** Fills every string of a value from JSON. */
  fill(value: unknown): unknown {
    return JSON.parse(JSON.stringify(value), (_key, inner: unknown) =>
      typeof inner === 'string' ? this.#fillText(inner) : inner,
    );
  }

  #fillText(text: string): string {
    return text.replaceAll(/\$\{secrets\.([A-Za-z_][A-Za-z0-9_]*)\}/g, (_whole, name: string) => {
      const value = Object.hasOwn(this.values, name) ? this.values[name] : undefined;
      if (value === undefined) this.problems.push(`there is no secret ${name}; set SECRET_${name}`);
      else this.names.add(name);
      return value ?? '';
    });
  }
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new Error(`MCP_CONFIG ${path}: it cannot be read as JSON: ${messageOf(error)}`, { cause: error });
  }
}

interface ReadServer {
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
  readonly server?: McpServerConfig;
  readonly passedOver?: string;
}

function readEntry(name: string, entry: Readonly<Record<string, unknown>>, secrets: Secrets): ReadServer {
  if (entry.disabled === true) return passOver('disabled', 'is disabled');
  if (!SERVER_NAME.test(name)) {
    const rule = 'names here are letters, digits, "_" and "-", at most 64';
    return passOver(`passed over; ${rule}`, `is passed over: ${rule}`);
  }
  return readServer(name, secrets.fill(entry) as Readonly<Record<string, unknown>>);
}

function passOver(warning: string, reason: string): ReadServer {
  return { problems: [], warnings: [warning], passedOver: reason };
}

function readServer(name: string, entry: Readonly<Record<string, unknown>>): ReadServer {
  const isStdio = 'command' in entry;
  if (isStdio === 'url' in entry) return { problems: ['it needs either a command or a url'], warnings: [] };
  const schema = isStdio ? stdioSchema : httpSchema;
  const warnings = Object.keys(entry)
    .filter((key) => !Object.hasOwn(schema.shape, key))
    .map((key) => `the key ${JSON.stringify(key)} is not known, and is passed over`);
  const parsed = schema.safeParse(entry);
  if (!parsed.success) {
    return { problems: parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`), warnings };
  }
  return { problems: [], warnings, server: serverOf(name, parsed.data) };
}

function serverOf(name: string, data: z.output<typeof stdioSchema> | z.output<typeof httpSchema>): McpServerConfig {
  if ('url' in data) {
    const { type, url, headers, oauth } = data;
    return { name, kind: type === 'sse' ? 'sse' : 'http', url, headers, oauth };
  }
  return { name, kind: 'stdio', command: data.command, args: data.args, env: data.env, cwd: data.cwd };
}

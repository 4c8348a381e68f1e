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
  readonly kind: 'http';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

export type McpServerConfig = StdioServerConfig | HttpServerConfig;

export interface McpConfig {
  readonly servers: readonly McpServerConfig[];
  /** What is ignored, for the log. */
  readonly warnings: readonly string[];
  /** The secrets that the file names; their values must not be shown. */
  readonly secretNames: readonly string[];
}

const stringsSchema = z.record(z.string(), z.string()).default({});

const stdioSchema = z.object({
  type: z.literal('stdio').optional(),
  disabled: z.boolean().default(false),
  command: z.string().min(1),
  args: z.array(z.string()).default([]),
  env: stringsSchema,
  cwd: z.string().min(1).optional(),
});

const httpSchema = z.object({
  type: z.enum(['http', 'streamable-http'], 'the transport must be http, streamable-http or stdio').optional(),
  disabled: z.boolean().default(false),
  url: z.url({ protocol: /^https?$/, error: 'must be an http:// or https:// URL' }),
  headers: stringsSchema,
});

const fileSchema = z.object({ mcpServers: z.record(z.string(), z.record(z.string(), z.unknown())) });

/** Names of servers stand between the dots of `mcp.<server>.<tool>`, and so have none. */
const SERVER_NAME = /^[A-Za-z0-9_-]{1,64}$/;

/**
 * Reads the file that MCP_CONFIG names. It has the shape that other MCP clients use: `mcpServers`, by name.
 * `${secrets.NAME}` in any of its strings becomes the value of the secret.
 * @throws Error with everything that is wrong with the file.
 */
export function readMcpConfig(path: string, secrets: Readonly<Record<string, string>>): McpConfig {
  const problems: string[] = [];
  const secretNames = new Set<string>();
  const expand = (text: string): string =>
    text.replaceAll(/\$\{secrets\.([A-Za-z_][A-Za-z0-9_]*)\}/g, (_whole, name: string) => {
      const value = Object.hasOwn(secrets, name) ? secrets[name] : undefined;
      if (value === undefined) problems.push(`there is no secret ${name}; set SECRET_${name}`);
      else secretNames.add(name);
      return value ?? '';
    });
  const parsed = fileSchema.safeParse(readJson(path, expand));
  if (!parsed.success) throw new Error(`MCP_CONFIG ${path}: it must be an object with mcpServers, an object by name`);
  const servers: McpServerConfig[] = [];
  const warnings: string[] = [];
  for (const [name, entry] of Object.entries(parsed.data.mcpServers)) {
    const read = readServer(name, entry);
    problems.push(...read.problems.map((problem) => `${name}: ${problem}`));
    warnings.push(...read.warnings.map((warning) => `${name}: ${warning}`));
    if (read.server !== undefined) servers.push(read.server);
  }
  if (problems.length > 0) throw new Error(`MCP_CONFIG ${path}: ${problems.join('; ')}`);
  return { servers, warnings, secretNames: [...secretNames] };
}

function readJson(path: string, expand: (text: string) => string): unknown {
  try {
    const text = readFileSync(path, 'utf8');
    return JSON.parse(text, (_key, value: unknown) => (typeof value === 'string' ? expand(value) : value));
  } catch (error) {
    throw new Error(`MCP_CONFIG ${path}: it cannot be read as JSON: ${messageOf(error)}`, { cause: error });
  }
}

interface ReadServer {
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
  readonly server?: McpServerConfig;
}

function readServer(name: string, entry: Readonly<Record<string, unknown>>): ReadServer {
  if (!SERVER_NAME.test(name)) {
    return { problems: [], warnings: ['passed over; names here are letters, digits, "_" and "-", at most 64'] };
  }
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
  if (parsed.data.disabled) return { problems: [], warnings: [...warnings, 'disabled'] };
  return { problems: [], warnings, server: serverOf(name, parsed.data) };
}

function serverOf(name: string, data: z.output<typeof stdioSchema> | z.output<typeof httpSchema>): McpServerConfig {
  if ('url' in data) return { name, kind: 'http', url: data.url, headers: data.headers };
  return { name, kind: 'stdio', command: data.command, args: data.args, env: data.env, cwd: data.cwd };
}

import type { Json } from '../../core/base/json.js';
import type { AnyTool, ToolContext } from '../../core/tool/tool.js';
import { resultPatch } from '../result.js';
import type { McpServer } from './server.js';

/**
 * The tools of a registry, and those of the MCP servers as they are at the moment. Any name under a server that has
 * never been there counts as one of its tools: graphs can be saved, and calls fail retryably until it is there.
 */
export class LiveTools implements ReadonlyMap<string, AnyTool> {
  readonly #servers: ReadonlyMap<string, McpServer>;
  /** One for each name, for every later listing. */
  readonly #made = new Map<string, AnyTool>();

  constructor(
    private readonly fixed: ReadonlyMap<string, AnyTool>,
    servers: readonly McpServer[],
  ) {
    this.#servers = new Map(servers.map((server) => [server.name, server]));
  }

  get(name: string): AnyTool | undefined {
    const fixed = this.fixed.get(name);
    if (fixed !== undefined || !name.startsWith('mcp.')) return fixed;
    const [, serverName = '', tool = ''] = /^mcp\.([^.]+)\.(.+)$/.exec(name) ?? [];
    const server = this.#servers.get(serverName);
    if (server === undefined || server.tools?.has(tool) === false) return undefined;
    return this.#make(name, server, tool);
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  get size(): number {
    return this.#known().size;
  }

  keys(): MapIterator<string> {
    return this.#known().keys();
  }

  values(): MapIterator<AnyTool> {
    return this.#known().values();
  }

  entries(): MapIterator<[string, AnyTool]> {
    return this.#known().entries();
  }

  [Symbol.iterator](): MapIterator<[string, AnyTool]> {
    return this.entries();
  }

  forEach(each: (tool: AnyTool, name: string, map: ReadonlyMap<string, AnyTool>) => void): void {
    for (const [name, tool] of this.#known()) each(tool, name, this);
  }

  /** All that can be listed: of a server that has never been there, nothing. */
  #known(): Map<string, AnyTool> {
    const known = new Map(this.fixed);
    for (const server of this.#servers.values()) {
      for (const tool of server.tools?.keys() ?? []) {
        const name = `mcp.${server.name}.${tool}`;
        if (!known.has(name)) known.set(name, this.#make(name, server, tool));
      }
    }
    return known;
  }

  #make(name: string, server: McpServer, tool: string): AnyTool {
    const made = this.#made.get(name) ?? mcpTool(name, server, tool);
    // Names under an absent server can be anything that a client sends: only those that exist are kept.
    if (server.tools?.has(tool) === true) this.#made.set(name, made);
    return made;
  }
}

/** A tool of a server. Everything about it is looked up when it is asked for, since servers come and go. */
function mcpTool(name: string, server: McpServer, tool: string): AnyTool {
  const listed = () => server.tools?.get(tool);
  return {
    name,
    get description() {
      return listed()?.description ?? '';
    },
    params: {
      get jsonSchema() {
        return listed()?.jsonSchema ?? { type: 'object' };
      },
      safeParse(value) {
        const problems = listed()?.validate?.(value as Json) ?? [];
        if (problems.length === 0) return { success: true, data: value };
        const issues = problems.map(({ pointer, message }) => ({ path: pathOf(pointer), message }));
        return { success: false, error: { issues } };
      },
    },
    async run(_state, { params, signal, node }: ToolContext<Record<string, unknown>>) {
      return resultPatch(node, await server.call(tool, params, signal));
    },
  };
}

/** The segments of a JSON Pointer (RFC 6901). */
function pathOf(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
}

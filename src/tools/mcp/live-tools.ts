import { type Json, pathOf } from '../../core/base/json.js';
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
    /** Servers of the configuration that are not used -> why. */
    private readonly passedOver: ReadonlyMap<string, string>,
  ) {
    this.#servers = new Map(servers.map((server) => [server.name, server]));
  }

  get(name: string): AnyTool | undefined {
    const fixed = this.fixed.get(name);
    if (fixed !== undefined || !name.startsWith('mcp.')) return fixed;
    const [serverName, tool] = partsOf(name);
    const server = this.#servers.get(serverName);
    if (server === undefined || tool === '' || server.tools?.has(tool) === false) return undefined;
    return this.#make(name, server, tool);
  }

  /** Says why there is no tool of this name; undefined if it is not the name of a tool of an MCP server. */
  whyMissing(name: string): string | undefined {
    if (!name.startsWith('mcp.')) return undefined;
    const [serverName, tool] = partsOf(name);
    if (tool === '') return 'Tools of MCP servers are named mcp.<server>.<tool>.';
    const server = this.#servers.get(serverName);
    if (server !== undefined) return server.whyNoTool(tool);
    const reason = this.passedOver.get(serverName);
    const words = JSON.stringify(serverName);
    return reason === undefined ? `MCP_CONFIG names no server ${words}.` : `The MCP server ${words} ${reason}.`;
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

/** The server and the tool of `mcp.<server>.<tool>`, or two empty strings. */
function partsOf(name: string): [server: string, tool: string] {
  const [, server = '', tool = ''] = /^mcp\.([^.]+)\.(.+)$/s.exec(name) ?? [];
  return [server, tool];
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
        const args = listed()?.fillDefaults(value) ?? value;
        const problems = listed()?.validate?.(args as Json) ?? [];
        if (problems.length === 0) return { success: true, data: args };
        const issues = problems.map(({ pointer, message }) => ({ path: pathOf(pointer), message }));
        return { success: false, error: { issues } };
      },
    },
    async run(_state, { params, signal, node, trace }: ToolContext<Record<string, unknown>>) {
      return resultPatch(node, await server.call(tool, params, signal, trace));
    },
  };
}

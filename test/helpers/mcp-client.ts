import { Client, StreamableHTTPClientTransport, type Transport } from '@modelcontextprotocol/client';

/** What a call of a tool was answered with. */
export interface ToolAnswer {
  readonly isError: boolean;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into documents of every shape.
  readonly body: any;
}

/** An agent: a client of an MCP server. */
export interface Agent {
  readonly client: Client;
  call(name: string, args?: object): Promise<ToolAnswer>;
}

/** Connects to the MCP server of an app that listens at a URL. */
export function connectAgent(url: string, apiKey?: string): Promise<Agent> {
  const headers = apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` };
  return agentOn(new StreamableHTTPClientTransport(new URL(`${url}/mcp`), { requestInit: { headers } }));
}

/** Connects through any transport. */
export async function agentOn(transport: Transport): Promise<Agent> {
  const client = new Client({ name: 'agent', version: '1' });
  await client.connect(transport);
  return {
    client,
    async call(name, args = {}) {
      const { isError = false, structuredContent } = await client.callTool({ name, arguments: { ...args } });
      return { isError: isError === true, body: structuredContent };
    },
  };
}

// An MCP server, made with the SDK for servers, whose tools ask of the client what it has not offered. Over stdio with
// the argument "stdio", else over streamable HTTP at the port in PORT. The SDK is a dependency of server-everything.
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const [, , everything, transportName] = process.argv;
const require = createRequire(everything);
const load = (path) => import(pathToFileURL(require.resolve(`@modelcontextprotocol/sdk/${path}`)).href);
const { McpServer } = await load('server/mcp.js');
const { ElicitResultSchema, CreateMessageResultSchema, ListRootsResultSchema } = await load('types.js');

const ELICITATION = {
  method: 'elicitation/create',
  params: { message: 'Really?', requestedSchema: { type: 'object', properties: { yes: { type: 'boolean' } } } },
};
const SAMPLING = {
  method: 'sampling/createMessage',
  params: { messages: [{ role: 'user', content: { type: 'text', text: 'Hi' } }], maxTokens: 5 },
};
const ROOTS = { method: 'roots/list' };

function makeServer() {
  const server = new McpServer({ name: 'asking', version: '1' });
  const tool = (name, ask) =>
    server.registerTool(name, { description: 'Asks.' }, async (_args, extra) => {
      const answer = await ask(extra ?? _args);
      return { content: [{ type: 'text', text: JSON.stringify(answer) }] };
    });
  // On the stream of the call, and on the one that belongs to no call.
  tool('elicit', (extra) => extra.sendRequest(ELICITATION, ElicitResultSchema));
  tool('elicit-aside', () => server.server.request(ELICITATION, ElicitResultSchema));
  tool('sample', (extra) => extra.sendRequest(SAMPLING, CreateMessageResultSchema));
  tool('roots-aside', () => server.server.request(ROOTS, ListRootsResultSchema));
  return server;
}

if (transportName === 'stdio') {
  const { StdioServerTransport } = await load('server/stdio.js');
  await makeServer().connect(new StdioServerTransport());
} else {
  const { StreamableHTTPServerTransport } = await load('server/streamableHttp.js');
  const sessions = new Map();
  const http = createServer(async (request, response) => {
    const known = sessions.get(request.headers['mcp-session-id']);
    if (known !== undefined) return known.handleRequest(request, response);
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: () => crypto.randomUUID(),
      onsessioninitialized: (id) => sessions.set(id, transport),
    });
    await makeServer().connect(transport);
    await transport.handleRequest(request, response);
  });
  http.listen(Number(process.env.PORT), '127.0.0.1', () => process.stderr.write('listening\n'));
}

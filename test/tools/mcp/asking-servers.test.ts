import { describe, expect, it } from 'vitest';
import { ASKING, EVERYTHING, freePort, startAskingMcp, startClients } from '../../helpers/mcp-servers.js';
import { callTool, failureOf } from '../../helpers/tool-call.js';

async function overStdio() {
  return startClients({ asking: { command: process.execPath, args: [ASKING, EVERYTHING, 'stdio'] } });
}

async function overHttp() {
  const port = await freePort();
  await startAskingMcp(port);
  return startClients({ asking: { url: `http://127.0.0.1:${port}/mcp` } });
}

/** A server gives up by itself after a minute. A call that is refused ends at once. */
describe.each([
  ['stdio', overStdio],
  ['streamable HTTP', overHttp],
])('a server over %s that asks', (_transport, start) => {
  it.each([
    ['elicit', 'elicitation/create', 'ask with wait_for_input before the call'],
    ['elicit-aside', 'elicitation/create', 'ask with wait_for_input before the call'],
    ['sample', 'sampling/createMessage', 'does not answer sampling/createMessage'],
    ['roots-aside', 'roots/list', 'does not answer roots/list'],
  ])(
    'by %s is refused at once',
    async (name, method, words) => {
      const clients = await start();
      const error = await failureOf(callTool(clients.registry.tools.get(`mcp.asking.${name}`)!, {}));
      expect(error.message).toContain(words);
      const { level, fields } = await clients.saw('asked for what is refused');
      expect({ level, fields }).toEqual({ level: 'warn', fields: { mcp_server: 'asking', method } });
    },
    20_000,
  );
});

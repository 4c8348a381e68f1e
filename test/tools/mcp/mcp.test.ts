import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';

import type { AnyTool } from '../../../src/core/tool/tool.js';
import { FatalError, RetryableError } from '../../../src/core/tool/tool-errors.js';
import { compileGraph } from '../../helpers/all-steps.js';
import { startHttpServer } from '../../helpers/http-server.js';
import {
  freePort,
  isAlive,
  kill,
  readPid,
  type StartedMcp,
  startClients,
  startHttpMcp,
  startSseMcp,
  stdioEntry,
} from '../../helpers/mcp-servers.js';
import { temporaryFolder } from '../../helpers/temporary-folder.js';
import { callTool, failureOf, findingsOf } from '../../helpers/tool-call.js';

function toolOf({ registry }: StartedMcp, name: string): AnyTool {
  const tool = registry.tools.get(name);
  if (tool === undefined) throw new Error(`there is no tool ${name}`);
  return tool;
}

interface Running {
  readonly clients: StartedMcp;
  /** Kills the server as a crash does. */
  kill(): Promise<void>;
  /** Starts it again, where that is not the client's work. */
  restart(): Promise<void>;
}

async function overStdio(): Promise<Running> {
  const pidFile = join(temporaryFolder(), 'pid');
  const clients = await startClients({ every: stdioEntry(pidFile) });
  return {
    clients,
    kill: async () => {
      process.kill(readPid(pidFile), 'SIGKILL');
      await clients.saw('is gone');
    },
    restart: async () => undefined,
  };
}

const overHttp = () => over('http', '/mcp', startHttpMcp);
const overSse = () => over('sse', '/sse', startSseMcp);

async function over(type: string, path: string, start: typeof startHttpMcp): Promise<Running> {
  const port = await freePort();
  let server = await start(port);
  const clients = await startClients({ every: { type, url: `http://127.0.0.1:${port}${path}` } });
  return {
    clients,
    kill: () => kill(server),
    restart: async () => {
      server = await start(port);
    },
  };
}

describe.each([
  ['stdio', overStdio],
  ['streamable HTTP', overHttp],
  ['SSE', overSse],
])('a real server over %s', (_transport, start) => {
  it('has its tools in the registry, and answers', async () => {
    const { clients } = await start();
    const { tools } = clients.registry;
    expect([...tools.keys()]).toEqual(expect.arrayContaining(['mcp.every.echo', 'mcp.every.get-sum']));
    expect(toolOf(clients, 'mcp.every.get-sum').description).toBe('Returns the sum of two numbers');
    expect(toolOf(clients, 'mcp.every.get-sum').params?.jsonSchema).toMatchObject({ required: ['a', 'b'] });
    const { patch } = await callTool(toolOf(clients, 'mcp.every.get-sum'), { a: 1, b: 2 });
    expect(patch).toEqual({ the_node: 'The sum of 1 and 2 is 3.' });
    const structured = toolOf(clients, 'mcp.every.get-structured-content');
    expect((await callTool(structured, { location: 'New York' })).patch.the_node).toMatchObject({
      conditions: 'Cloudy',
    });
    const image = (await callTool(toolOf(clients, 'mcp.every.get-tiny-image'), {})).patch.the_node;
    expect(image).toEqual(expect.arrayContaining([expect.objectContaining({ type: 'image', mimeType: 'image/png' })]));
  });

  it('that dies is connected again when it is back', async () => {
    const running = await start();
    const echo = toolOf(running.clients, 'mcp.every.echo');
    const long = toolOf(running.clients, 'mcp.every.trigger-long-running-operation');
    await callTool(echo, { message: 'one' });
    await running.kill();
    await running.restart();
    expect((await callTool(echo, { message: 'two' })).patch).toEqual({ the_node: 'Echo: two' });
    expect((await callTool(long, { duration: 0.01, steps: 1 })).patch.the_node).toContain('completed');
  });

  it('that dies during a call makes it worth another try', async () => {
    const running = await start();
    const long = toolOf(running.clients, 'mcp.every.trigger-long-running-operation');
    const echo = toolOf(running.clients, 'mcp.every.echo');
    const failed = failureOf(callTool(long, { duration: 60, steps: 6 }));
    // An answer to a later call shows that the first one has arrived.
    await callTool(echo, { message: 'x' });
    await running.kill();
    expect(await failed).toBeInstanceOf(RetryableError);
  }, 30_000);

  it('lets go of a call when the step is stopped, and goes on', async () => {
    const { clients } = await start();
    const controller = new AbortController();
    const long = toolOf(clients, 'mcp.every.trigger-long-running-operation');
    const failed = failureOf(callTool(long, { duration: 60, steps: 6 }, { signal: controller.signal }));
    await callTool(toolOf(clients, 'mcp.every.echo'), { message: 'x' });
    controller.abort(new Error('stopped'));
    expect((await failed).message).toBe('stopped');
    await callTool(toolOf(clients, 'mcp.every.echo'), { message: 'x' });
  });
});

describe('a server over stdio', () => {
  it('ends with us, and is not started again', async () => {
    const pidFile = join(temporaryFolder(), 'pid');
    const clients = await startClients({ every: stdioEntry(pidFile) });
    const echo = toolOf(clients, 'mcp.every.echo');
    const pid = readPid(pidFile);
    expect(isAlive(pid)).toBe(true);
    await clients.mcp.close();
    expect(isAlive(pid)).toBe(false);
    expect(await failureOf(callTool(echo, { message: 'x' }))).toBeInstanceOf(RetryableError);
    expect(readPid(pidFile)).toBe(pid);
  });

  it('gets its own environment and nothing of ours but the usual, and is heard at debug', async () => {
    process.env.SECRET_OF_OURS = 'hidden';
    onTestFinished(() => void delete process.env.SECRET_OF_OURS);
    const pidFile = join(temporaryFolder(), 'pid');
    const env = { OWN: '${secrets.TOKEN}' };
    const clients = await startClients({ every: stdioEntry(pidFile, { env }) }, { secrets: { TOKEN: 'tok-123' } });
    const { patch } = await callTool(toolOf(clients, 'mcp.every.get-env'), {});
    expect(patch.the_node).toContain('"OWN": "[secret TOKEN]"');
    expect(patch.the_node).not.toContain('hidden');
    const { level } = await clients.saw('wrote to standard error');
    expect(level).toBe('debug');
    expect(JSON.stringify(clients.logged)).not.toContain('tok-123');
  });

  it('shows no secret when it writes one', async () => {
    const args = ['-c', 'echo "key ${secrets.TOKEN}" >&2; exit 1'];
    const clients = await startClients({ broken: { command: 'sh', args } }, { secrets: { TOKEN: 'tok-123' } });
    expect((await clients.saw('wrote to standard error')).fields.stderr).toBe('key [secret TOKEN]');
  });
});

describe('arguments', () => {
  it('are checked by the schema of the server before it is asked', async () => {
    const { clients } = await overStdio();
    const sum = toolOf(clients, 'mcp.every.get-sum');
    expect(findingsOf(sum, { a: 'x', b: 1 })).toEqual(['a: Must be number.']);
    expect(findingsOf(sum, {})).toEqual(['a: Required.', 'b: Required.']);
    expect(findingsOf(sum, { a: 1, b: 2 })).toEqual([]);
  });

  it('that the server refuses fail with its words', async () => {
    const { clients } = await overStdio();
    const sum = toolOf(clients, 'mcp.every.get-sum');
    const context = { params: { a: 'x' }, signal: new AbortController().signal, node: 'n' };
    const error = await failureOf(sum.run({ input_data: null, data: {} }, context as never) as Promise<unknown>);
    expect(error).not.toBeInstanceOf(RetryableError);
    expect(error.message).toContain('Input validation error');
  });
});

describe('a server that is not there', () => {
  it('does not hold up the start; its tools fail retryably until it is', async () => {
    const port = await freePort();
    const clients = await startClients({ late: { url: `http://127.0.0.1:${port}/mcp` } });
    const warning = await clients.saw('is not there');
    expect(warning).toMatchObject({ level: 'warn', fields: { mcp_server: 'late' } });
    expect([...clients.registry.tools.keys()]).toEqual([]);
    // A graph that was saved before is compiled once, and its tool must work when the server is there at last.
    const graph = {
      name: 'g',
      entry_point: 'n',
      nodes: [{ name: 'n', tool_name: 'mcp.late.echo' }],
      edges: [],
    };
    const node = compileGraph(graph, clients.registry, { graphId: 'g', version: 1 }).nodes.get('n');
    const tool = node?.tool as AnyTool;
    expect(findingsOf(tool, { anything: 1 })).toEqual([]);
    expect(tool.description).toBe('');
    expect(tool.params?.jsonSchema).toEqual({ type: 'object' });
    const error = await failureOf(callTool(tool, { message: 'x' }));
    expect(error).toBeInstanceOf(RetryableError);
    expect(error.message).toContain('The MCP server "late" is not there');

    await startHttpMcp(port);
    expect((await callTool(tool, { message: 'x' })).patch.the_node).toBe('Echo: x');
    expect(tool.description).toContain('Echoes');
    expect(clients.registry.tools.has('mcp.late.echo')).toBe(true);
    expect(clients.registry.tools.has('mcp.late.no-such-tool')).toBe(false);
  });

  it('may turn out not to have the tool', async () => {
    const port = await freePort();
    const clients = await startClients({ late: { url: `http://127.0.0.1:${port}/mcp` } });
    const tool = toolOf(clients, 'mcp.late.no-such-tool');
    await startHttpMcp(port);
    expect(await failureOf(callTool(tool, {}))).toBeInstanceOf(FatalError);
  });

  it.each([
    ['a command that does not exist', { command: '/no/such/command' }],
    ['a command that ends at once', { command: 'true' }],
  ])('because of %s is told', async (_why, entry) => {
    const clients = await startClients({ broken: entry });
    expect(await failureOf(callTool(toolOf(clients, 'mcp.broken.x'), {}))).toBeInstanceOf(RetryableError);
  });

  it('yet is waited for only so long at the start, and by a call no longer than its step', async () => {
    const hanging = await startHttpServer(() => undefined);
    const clients = await startClients({ slow: { url: hanging.url } }, { startWaitMs: 10 });
    const controller = new AbortController();
    const tool = toolOf(clients, 'mcp.slow.x');
    const failed = failureOf(callTool(tool, {}, { signal: controller.signal }));
    await hanging.arrived(1);
    controller.abort(new Error('stopped'));
    expect((await failed).message).toBe('stopped');
    expect((await failureOf(callTool(tool, {}, { signal: controller.signal }))).message).toBe('stopped');
    // Nor by a stop of ours.
    await clients.mcp.close();
    expect(clients.logged.at(-1)?.fields.reason).toContain('the server is stopping');
  });
});

describe('the registry', () => {
  it('keeps its own tools beside, and before, those of servers', async () => {
    const definitions = [
      { name: 'own', run: () => undefined },
      { name: 'mcp.every.echo', description: 'ours', run: () => undefined },
    ];
    const pidFile = join(temporaryFolder(), 'pid');
    const { registry } = await startClients({ every: stdioEntry(pidFile) }, { definitions });
    const { tools } = registry;
    expect(tools.get('own')).toBe(definitions[0]);
    expect(tools.get('mcp.every.echo')).toBe(definitions[1]);
    expect(tools.get('mcp.other.echo')).toBeUndefined();
    expect(tools.get('mcp.every')).toBeUndefined();
    expect(tools.size).toBe([...tools].length);
    expect([...tools.values()]).toHaveLength(tools.size);
    const seen: string[] = [];
    tools.forEach((tool, name, map) => {
      expect(map.get(name)).toBe(tool);
      seen.push(name);
    });
    expect(seen).toEqual([...tools.keys()]);
  });
});

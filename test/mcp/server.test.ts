import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MCP_TOOLS } from '../../src/mcp/server.js';
import { type Agent, connectAgent } from '../helpers/mcp-client.js';
import { listen, startTestServer, type TestServer } from '../helpers/server.js';
import { heldTool } from '../helpers/tools.js';

const held = heldTool('held');
const broken = { name: 'broken', run: () => Promise.reject(new Error('The page is gone.')) };

const node = (name: string, tool_name: string, params: object = {}) => ({ name, tool_name, params });
const ADD = {
  graph_id: 'add-one',
  name: 'Add one',
  description: 'Adds one to a number.',
  expose_as_tool: true,
  entry_point: 'add',
  nodes: [node('add', 'set_data', { values: { sum: '${ input_data.n + 1 }' } })],
  input_schema: {
    type: 'object',
    properties: { n: { type: 'integer' } },
    required: ['n'],
    additionalProperties: false,
  },
};
const ASK = {
  graph_id: 'ask',
  name: 'Ask',
  entry_point: 'question',
  nodes: [node('question', 'wait_for_input', { message: 'Go on?', schema: { type: 'boolean' } })],
};

describe('the MCP server', () => {
  let server: TestServer;
  let url: string;
  let agent: Agent;
  const started: [string, unknown][] = [];
  beforeAll(async () => {
    server = await startTestServer({
      definitions: [held.tool, broken],
      namedApiKeys: [{ name: 'robot', key: 'robot-key-robot-key' }],
      readApiKeys: ['read-key-read-key'],
      onRunStarted: (runId, _requestId, actor) => started.push([runId, actor]),
    });
    url = await listen(server);
    agent = await connectAgent(url, 'robot-key-robot-key');
    for (const graph of [ADD, ASK]) await agent.call('create_graph', { graph });
  });
  afterAll(async () => {
    await agent.client.close();
    await server.stop();
  });

  it('lists its tools, each with its forms, and whether it only reads', async () => {
    const { tools } = await agent.client.listTools();
    expect(tools.map(({ name }) => name)).toEqual([...MCP_TOOLS.map(({ name }) => name), 'add-one']);
    for (const { inputSchema, description, annotations } of tools) {
      expect(inputSchema.type).toBe('object');
      expect(description?.length).toBeGreaterThan(20);
      expect(typeof annotations?.readOnlyHint).toBe('boolean');
    }
    expect(MCP_TOOLS.filter(({ name }) => !name.includes('_'))).toEqual([]);
  });

  it('needs a key, as every route', async () => {
    await expect(connectAgent(url)).rejects.toThrow(/401|nauthorized/);
    await expect(connectAgent(url, 'wrong')).rejects.toThrow(/401|nauthorized/);
  });

  it('answers by whatever Host it is reached, where keys guard it', async () => {
    const { port } = new URL(url);
    const headers = { host: 'a b', authorization: 'Bearer robot-key-robot-key', 'content-type': 'application/json' };
    const asked = request({ host: '127.0.0.1', port, path: '/mcp', method: 'POST', headers });
    asked.end(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' }));
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    response.resume();
    expect(response.statusCode).toBe(200);
  });

  it('shows a key that only reads the tools that only read, and refuses the others', async () => {
    const reader = await connectAgent(url, 'read-key-read-key');
    const { tools } = await reader.client.listTools();
    expect(tools.map(({ name }) => name)).toEqual(
      MCP_TOOLS.filter(({ isReadOnly }) => isReadOnly).map(({ name }) => name),
    );
    expect((await reader.call('list_graphs')).isError).toBe(false);
    for (const name of ['start_run', 'add-one']) {
      expect(await reader.call(name, { graph_id: 'ask', n: 1 })).toMatchObject({
        isError: true,
        body: { code: 'read_only_key' },
      });
    }
    await reader.client.close();
  });

  it('starts a run in the name of the key, waits for it and reads it', async () => {
    const { body } = await agent.call('start_run', { graph_id: 'add-one', input_data: { n: 1 } });
    const ended = await agent.call('wait_for_run', { run_id: body.run_id });
    expect(ended.body).toMatchObject({ run_id: body.run_id, status: 'COMPLETED', path: [{ node: 'add' }] });
    const { body: state } = await agent.call('get_run', { run_id: body.run_id });
    expect(state).toMatchObject({ data: { sum: 2 }, started_by: { kind: 'mcp', id: 'robot' }, submitted_by: 'robot' });
    expect(started).toContainEqual([body.run_id, { by: 'robot' }]);
    const { body: listed } = await server.ask('GET /graph/runs?started_by=mcp:robot', undefined, {
      authorization: 'Bearer robot-key-robot-key',
    });
    expect(listed.runs.map((run: { run_id: string }) => run.run_id)).toContain(body.run_id);
  });

  it('starts one run for one idempotency key', async () => {
    const start = { graph_id: 'add-one', input_data: { n: 1 }, idempotency_key: 'once' };
    const [first, second] = [await agent.call('start_run', start), await agent.call('start_run', start)];
    expect(second.body).toEqual({ ...first.body, replayed: true });
    const other = await agent.call('start_run', { ...start, input_data: { n: 2 } });
    expect(other).toMatchObject({ isError: true, body: { code: 'idempotency_mismatch' } });
  });

  it('tells errors as the other routes do', async () => {
    expect(await agent.call('get_run', { run_id: 'none' })).toMatchObject({
      isError: true,
      body: { code: 'run_not_found', message: expect.stringContaining('none') },
    });
    expect(await agent.call('start_run', { graph_id: 'add-one', input_data: { n: 'x' } })).toMatchObject({
      isError: true,
      body: { code: 'invalid_input', errors: [{ pointer: '/input_data/n' }] },
    });
    expect(await agent.call('get_run', { runid: 'x' })).toMatchObject({
      isError: true,
      body: {
        code: 'invalid_request',
        errors: expect.arrayContaining([
          expect.objectContaining({ pointer: '/runid', hint: 'Did you mean "run_id"?' }),
        ]),
      },
    });
    await expect(agent.call('strat_run')).rejects.toThrow('There is no tool "strat_run". Did you mean "start_run"?');
    await expect(agent.call('nothing-like-it')).rejects.toThrow('tools/list tells all.');
  });

  it('leads through a question: explained, answered, ended', async () => {
    const { body } = await agent.call('start_run', { graph_id: 'ask' });
    const { body: waiting } = await agent.call('wait_for_run', { run_id: body.run_id });
    expect(waiting).toMatchObject({ status: 'WAITING', waiting: { kind: 'input', node: 'question' } });
    const [answer] = waiting.next;
    expect(answer).toMatchObject({ tool: 'answer_run', arguments: { run_id: body.run_id } });
    const wrong = await agent.call(answer.tool, { ...answer.arguments, payload: 'yes' });
    expect(wrong).toMatchObject({ isError: true, body: { code: 'invalid_answer' } });
    await agent.call(answer.tool, { ...answer.arguments, payload: true });
    const { body: ended } = await agent.call('wait_for_run', { run_id: body.run_id });
    expect(ended).toMatchObject({ status: 'COMPLETED', next: [{ tool: 'get_run' }] });
  });

  it('leads from a failure to a fork with a corrected graph, and compares the two', async () => {
    const graph = { graph_id: 'fetch', name: 'Fetch', entry_point: 'get', nodes: [node('get', 'broken')] };
    await agent.call('create_graph', { graph });
    const { body } = await agent.call('start_run', { graph_id: 'fetch' });
    const { body: failed } = await agent.call('wait_for_run', { run_id: body.run_id });
    expect(failed).toMatchObject({ status: 'FAILED', failed: { code: 'tool_failed', node: 'get', step: 1 } });
    expect(failed.next.map(({ tool }: { tool: string }) => tool)).toEqual([
      ...['retry_run', 'update_graph', 'fork_run', 'list_steps'],
    ]);
    const fixed = { ...graph, nodes: [node('get', 'set_data', { values: { page: 'text' } })] };
    const { body: saved } = await agent.call('update_graph', { graph_id: 'fetch', graph: fixed });
    const fork = failed.next[2].arguments;
    const { body: forked } = await agent.call('fork_run', { ...fork, version: saved.version });
    expect(forked.forked_from).toEqual({ run_id: body.run_id, step: 1 });
    const { body: ended } = await agent.call('wait_for_run', { run_id: forked.run_id });
    expect(ended.status).toBe('COMPLETED');
    const { body: diff } = await agent.call('diff_runs', { a: body.run_id, b: forked.run_id });
    expect(diff).toMatchObject({ first_divergence: { step: 1 }, data: [{ pointer: '/page', b: 'text' }] });
    const { body: steps } = await agent.call('list_steps', { run_id: body.run_id });
    expect(steps.steps).toMatchObject([{ node: 'get', status: 'FAILED' }]);
    const retried = await agent.call('retry_run', { run_id: body.run_id, result: { page: 'by hand' } });
    expect(retried.body.run_id).toBe(body.run_id);
  });

  it('pauses, unpauses, signals and cancels', async () => {
    const waits = node('w', 'wait_for_signal', { name: 'paid', save_as: 'payment' });
    await agent.call('create_graph', { graph: { graph_id: 'pay', name: 'Pay', entry_point: 'w', nodes: [waits] } });
    const { body: run } = await agent.call('start_run', { graph_id: 'pay' });
    await agent.call('pause_run', run);
    expect((await agent.call('pause_run', { run_id: run.run_id })).isError).toBe(false);
    expect((await agent.call('unpause_run', { run_id: run.run_id })).isError).toBe(false);
    await agent.call('send_signal', { run_id: run.run_id, name: 'paid', payload: { cents: 5 } });
    expect((await agent.call('wait_for_run', { run_id: run.run_id })).body.status).toBe('COMPLETED');
    const { body: other } = await agent.call('start_run', { graph_id: 'pay' });
    expect((await agent.call('cancel_run', { run_id: other.run_id })).isError).toBe(false);
    const { body: cancelled } = await agent.call('wait_for_run', { run_id: other.run_id });
    expect(cancelled).toMatchObject({ status: 'CANCELLED', next: [{ tool: 'retry_run' }] });
    const { body: list } = await agent.call('list_runs', { graph_id: 'pay', status: ['CANCELLED'] });
    expect(list.runs).toMatchObject([{ run_id: other.run_id }]);
  });

  it('reads graphs, tools, conditions and help', async () => {
    expect((await agent.call('get_graph', { graph_id: 'ask' })).body).toMatchObject({ graph_id: 'ask', version: 1 });
    const { body: tools } = await agent.call('list_tools');
    expect(tools.tools).toContainEqual(expect.objectContaining({ name: 'set_data' }));
    expect((await agent.call('list_conditions')).body.conditions).not.toEqual([]);
    const { body: help } = await agent.call('graph_help');
    expect(help.guide).toContain('entry_point');
    expect((await agent.call('validate_graph', { graph: help.example })).body).toEqual({
      valid: true,
      errors: [],
      warnings: [],
    });
    expect((await agent.call('graph_help', { topic: 'schema' })).body.schema).toMatchObject({
      $defs: expect.anything(),
    });
  });

  it('has the guide and the schema as resources', async () => {
    const { resources } = await agent.client.listResources();
    for (const { uri, mimeType } of resources) {
      const { contents } = await agent.client.readResource({ uri });
      expect(contents).toMatchObject([{ uri, mimeType, text: expect.stringContaining('entry_point') }]);
    }
    await expect(agent.client.readResource({ uri: 'graphrunner://none' })).rejects.toThrow(/not found|graphrunner:/i);
  });

  it('refuses a graph with its findings and fixes, and one with the id of another', async () => {
    const graph = { ...ASK, graph_id: 'refused', name: 'Refused', entry_pont: 'question', entry_point: undefined };
    expect(await agent.call('create_graph', { graph })).toMatchObject({
      isError: true,
      body: {
        code: 'invalid_graph',
        errors: expect.arrayContaining([
          expect.objectContaining({ fix: [{ op: 'move', from: '/entry_pont', path: '/entry_point' }] }),
        ]),
      },
    });
    const other = await agent.call('update_graph', { graph_id: 'ask', graph: { ...ASK, graph_id: 'add-one' } });
    expect(other).toMatchObject({ isError: true, body: { code: 'invalid_request' } });
  });

  it('cuts large values of data', async () => {
    const graph = {
      graph_id: 'large',
      name: 'Large',
      entry_point: 'a',
      nodes: [node('a', 'set_data', { values: { text: 'x'.repeat(20_000), small: 1 } })],
    };
    await agent.call('create_graph', { graph });
    const { body: run } = await agent.call('start_run', { graph_id: 'large' });
    await agent.call('wait_for_run', { run_id: run.run_id });
    expect((await agent.call('get_run', { run_id: run.run_id })).body).toMatchObject({
      data: { text: { type: 'string', size: 20_000 }, small: 1 },
      cut: ['text'],
    });
    const { steps } = (await agent.call('list_steps', { run_id: run.run_id })).body;
    expect(steps).toMatchObject([{ patch: { text: { type: 'string', size: 20_000 }, small: 1 }, cut: ['text'] }]);
  });

  it('cuts what is too much together', async () => {
    const values = Object.fromEntries(Array.from({ length: 6 }, (_, index) => [`text${index}`, 'x'.repeat(15_000)]));
    const graph = { graph_id: 'much', name: 'Much', entry_point: 'a', nodes: [node('a', 'set_data', { values })] };
    await agent.call('create_graph', { graph });
    const { body: run } = await agent.call('start_run', { graph_id: 'much' });
    await agent.call('wait_for_run', { run_id: run.run_id });
    const { body } = await agent.call('get_run', { run_id: run.run_id });
    expect(body.cut).toEqual(['text4', 'text5']);
    expect(body.data).toMatchObject({ text3: values.text3, text4: { type: 'string', size: 15_000 } });
  });

  describe('a graph that is a tool', () => {
    it('has its input_schema, and answers with its data', async () => {
      const { tools } = await agent.client.listTools();
      const tool = tools.find(({ name }) => name === 'add-one');
      expect(tool).toMatchObject({ title: 'Add one', inputSchema: ADD.input_schema });
      expect(tool?.description).toContain('Adds one to a number.');
      expect(await agent.call('add-one', { n: 41 })).toMatchObject({
        isError: false,
        body: { status: 'COMPLETED', data: { sum: 42 } },
      });
    });

    it('answers an error with advice, and a question with what to do', async () => {
      expect(await agent.call('add-one', { n: 'x' })).toMatchObject({ isError: true, body: { code: 'invalid_input' } });
      const tool = { expose_as_tool: true, description: 'A test.' };
      await agent.call('create_graph', {
        graph: { ...tool, graph_id: 'fails', name: 'Fails', entry_point: 'get', nodes: [node('get', 'broken')] },
      });
      expect(await agent.call('fails')).toMatchObject({
        isError: true,
        body: { code: 'tool_failed', status: 'FAILED', failed: { advice: expect.any(String) } },
      });
      await agent.call('update_graph', { graph_id: 'ask', graph: { ...ASK, ...tool, input_schema: true } });
      expect(await agent.call('ask', { input: 1 })).toMatchObject({
        isError: false,
        body: { status: 'WAITING', next: [{ tool: 'answer_run' }, { tool: 'cancel_run' }] },
      });
    });

    it('takes input that is no object as one argument, and has a name that all clients take', async () => {
      const graph_id = `long-${'x'.repeat(80)}`;
      const input_schema = { $ref: '#/$defs/number', $defs: { number: { type: 'number' } } };
      const nodes = [node('a', 'set_data', { values: { twice: '${ input_data * 2.0 }' } })];
      const graph = { graph_id, name: 'Twice', description: 'Doubles.', entry_point: 'a', nodes, input_schema };
      await agent.call('create_graph', { graph: { ...graph, expose_as_tool: true } });
      const { tools } = await agent.client.listTools();
      const tool = tools.find(({ name }) => name.startsWith('long-'));
      expect(tool?.name).toMatch(/^[A-Za-z0-9_-]{64}$/);
      expect(tool?.inputSchema).toMatchObject({
        properties: { input: { $ref: '#/$defs/number' } },
        required: ['input'],
      });
      expect((await agent.call(String(tool?.name), { input: 2.5 })).body).toMatchObject({ data: { twice: 5 } });
    });
  });
});

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startHttpServer } from '../helpers/http-server.js';
import { type ServerProcess, startServer } from '../helpers/server-process.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';
import { ask, startRun, waitForRest } from './client.js';

const VALUE = `k&y "of' <${'long'.repeat(5)}> a/b+c=%41`;
const FORMS = {
  plain: VALUE,
  json: JSON.stringify(VALUE).slice(1, -1),
  component: encodeURIComponent(VALUE),
  form: new URLSearchParams({ v: VALUE }).toString().slice(2),
  query: new URL(`http://host/?v=${VALUE}`).search.slice(3),
  html: VALUE.replace('&', '&amp;').replace('<', '&lt;').replace('>', '&gt;').replace('"', '&quot;'),
};
/** No form of the value may be anywhere, nor a part of it that is the same in all of them. */
const TRACES = [...Object.values(FORMS), 'longlong'];

/** A server that says back what it was told: in a header, the body, and on pages that show errors. */
const echo = () =>
  startHttpServer(({ url, headers, body }, response) => {
    const key = String(headers['x-key'] ?? '');
    const said = { key, url, body, [key]: 'as a key', forms: FORMS };
    const status = Number(/^\/(\d+)/.exec(url)?.[1] ?? 200);
    if (url.startsWith('/gone')) {
      response.destroy();
      return;
    }
    const head = { 'content-type': 'application/json', 'x-echo': key, location: `/200?v=${key}` };
    // A POST is sent again only if the server asks for it.
    response.writeHead(status, status === 503 ? { ...head, 'retry-after': '0' } : head);
    // The excerpt in the message is cut in the middle of the value.
    response.end(url.startsWith('/404') ? `${'.'.repeat(290)}${VALUE}` : JSON.stringify(said));
  });

function graphOf(url: string) {
  // biome-ignore-start lint/suspicious/noTemplateCurlyInString: these are expressions.
  const params = {
    method: 'POST',
    url: '${ input_data }',
    headers: { 'X-Key': '${ secrets.KEY }' },
    query: { v: '${ secrets.KEY }' },
    json: { inside: 'a ${ secrets.KEY } z' },
  };
  const retry = { max_attempts: 2, interval_seconds: 0.01 };
  const call = (name: string, more: object) => ({ name, tool_name: 'http_request', params: { ...params, ...more } });
  const nodes = [
    { ...call('call', {}), retry, on_error: 'ask' },
    { ...call('wrong', { url: 'ftp://${ secrets.KEY }', method: 'GET', json: null }), on_error: 'again' },
    { ...call('again', { url, method: '${ secrets.KEY }' }), on_error: 'cannot' },
    { ...call('cannot', { url, max_bytes: '${ [secrets.KEY, int(input_data)][1] }' }), on_error: 'ask' },
    {
      name: 'ask',
      tool_name: 'wait_for_input',
      params: { message: 'What now? ${ data.?error.orValue(data.?call.orValue(null)) }' },
    },
  ];
  // biome-ignore-end lint/suspicious/noTemplateCurlyInString: see above.
  const edges = [
    { from_node: 'call', to_node: 'wrong' },
    { from_node: 'wrong', to_node: 'again' },
    { from_node: 'again', to_node: 'cannot' },
    { from_node: 'cannot', to_node: 'ask' },
  ];
  return { graph_id: 'calls', name: 'Calls', entry_point: 'call', nodes, edges };
}

/** Every answer that shows something of a run or of the graph. */
async function answersAbout(server: ServerProcess, runId: string): Promise<string> {
  const paths = [
    `state/${runId}`,
    `runs/${runId}/steps`,
    `runs/${runId}/capsule`,
    'runs',
    'calls',
    'tools',
    'conditions',
  ];
  const answers = await Promise.all(paths.map((path) => ask(server, `GET /graph/${path}`)));
  for (const { status } of answers) expect(status).toBe(200);
  return JSON.stringify(answers.map(({ body }) => body));
}

it('the value of a secret reaches the server that it is for, and nothing else', async () => {
  const web = await echo();
  const folder = temporaryFolder();
  const server = await startServer(folder, {
    SECRET_KEY: VALUE,
    HTTP_ALLOW: `127.0.0.1:${web.port}`,
    LOG_LEVEL: 'trace',
  });
  let stderr = '';
  server.child.stderr?.on('data', (chunk) => {
    stderr += chunk;
  });
  const created = await ask(server, 'POST /graph/create', graphOf(web.url));
  expect(created).toMatchObject({ status: 201, body: { warnings: [] } });
  let said = JSON.stringify([created.body, (await ask(server, 'POST /graph/validate', graphOf(web.url))).body]);
  const statuses: Record<string, unknown> = {};
  for (const path of ['200', '307', '400', '404', '503', 'gone']) {
    const runId = await startRun(server, 'calls', { input_data: `${web.url}/${path}` });
    const state = await waitForRest(server, runId);
    expect(state).toMatchObject({ status: 'WAITING', waiting: { kind: 'input' } });
    statuses[path] = state.data.error.message;
    said += state.waiting.message + (await answersAbout(server, runId));
    const refused = await ask(server, `POST /graph/runs/${runId}/resume`, { wait_id: 'w0', payload: 1 });
    expect(refused.status).toBe(409);
    await ask(server, `POST /graph/runs/${runId}/resume`, { payload: 'done' });
    await waitForRest(server, runId);
    said += JSON.stringify(refused.body) + (await answersAbout(server, runId));
  }
  // It was sent as it is.
  expect(web.received.length).toBeGreaterThanOrEqual(8);
  for (const { headers, body } of web.received) {
    expect(headers['x-key']).toBe(VALUE);
    expect(JSON.parse(body)).toEqual({ inside: `a ${VALUE} z` });
  }
  expect(statuses).toMatchObject({
    '200': expect.stringContaining('no value'),
    '400': expect.stringMatching(/answered 400: .*\[secret KEY\]/),
    '404': expect.stringMatching(/answered 404: \.{290}\[secret KEY\]…$/),
    '503': expect.stringMatching(/answered 503: .*\[secret KEY\]/),
  });
  const whileOpen = stored(folder);
  expect(await server.end('SIGTERM')).toBe(0);
  const places = { said, log: server.lines.join('\n'), stderr, whileOpen, closed: stored(folder) };
  // Each place has something to find: it names what it left out.
  for (const place of ['said', 'whileOpen', 'closed'] as const) expect(places[place]).toContain('[secret KEY]');
  expect(places.log).toContain('/graph/runs/');
  for (const [place, text] of Object.entries(places)) {
    for (const trace of TRACES) expect(text.includes(trace), `${trace} in ${place}`).toBe(false);
  }
});

/** All that the folder holds: the database, its -wal and -shm, the lock. */
function stored(folder: string): string {
  const names = readdirSync(folder);
  expect(names).toContain('workflow.db');
  return names.map((name) => readFileSync(join(folder, name), 'utf8')).join('\n');
}

import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ask, startRun, waitForRest } from '../../test/e2e/client.js';
import build from '../../test/helpers/build.js';
import { type ChatAnswer, type ChatRequest, startLlmServer } from '../../test/helpers/llm-server.js';
import { startServer } from '../../test/helpers/server-process.js';
import { temporaryFolder } from '../../test/helpers/temporary-folder.js';

/** `npm run example:research`: the research agent from end to end, with stand-ins for the model, the web and a person. */

const PAGE = 'The mill was built in 1822. It burnt down in 1911.';
const QUESTION = 'How old is the mill?';

/** Reads what it is sent, though not as a model does: it says more once a note has asked for it. */
function answer({ body }: ChatRequest): ChatAnswer {
  const [notes = '', page = ''] = String(body.messages.at(-1)?.content).split('Page:');
  const [first = '', ...rest] = page.trim().split('. ');
  return { content: JSON.stringify({ answer: notes.includes('- ') ? [first, ...rest].join('. ') : `${first}.` }) };
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

build();
const graph = JSON.parse(readFileSync('examples/research-agent/graph.json', 'utf8'));
const model = await startLlmServer(answer);
const web = createServer((_request, response) => response.end(PAGE));
await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
const { port } = web.address() as AddressInfo;
const server = await startServer(temporaryFolder(), {
  LLM_BASE_URL: model.baseUrl,
  HTTP_ALLOW: `127.0.0.1:${port}`,
  SECRET_OPENAI_API_KEY: 'sk-of-nobody',
});
try {
  const created = await ask(server, 'POST /graph/create', graph);
  if (created.status !== 201) throw new Error(`the graph was refused: ${JSON.stringify(created.body)}`);
  const input_data = { url: `http://127.0.0.1:${port}/`, question: QUESTION, model: 'small' };
  const runId = await startRun(server, graph.graph_id, { input_data });
  say(`Question: ${QUESTION}`);
  let state = await waitForRest(server, runId);
  for (const payload of [{ approved: false, comment: 'Is it still there?' }, { approved: true }]) {
    if (state.status !== 'WAITING') throw new Error(`the run does not wait: ${JSON.stringify(state)}`);
    say(`Asked: ${state.waiting.message}\nAnswered: ${JSON.stringify(payload)}`);
    const taken = await ask(server, `POST /graph/runs/${runId}/resume`, { wait_id: state.waiting.id, payload });
    if (taken.status !== 202) throw new Error(`the answer was refused: ${JSON.stringify(taken.body)}`);
    state = await waitForRest(server, runId);
  }
  say(['Logs:', ...state.logs.map((line: string) => `  ${line}`)].join('\n'));
  say(`Data: ${JSON.stringify(state.data, null, 2)}`);
  say(`Tokens: ${JSON.stringify(state.usage)}\nStatus: ${state.status}`);
  process.exitCode = state.status === 'COMPLETED' ? 0 : 1;
} finally {
  await server.end('SIGTERM');
  await model.close();
  web.close();
}

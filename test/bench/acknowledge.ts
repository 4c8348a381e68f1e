import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import autocannon from 'autocannon';
import Fastify from 'fastify';
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import { defineTool } from '../../src/core/tool/tool.js';
import { codeReviewDefinitions } from '../../src/demo/definitions.js';
import { codeReviewGraph } from '../../src/demo/graph.js';
import { buildApp } from '../../src/http/app.js';
import { Turns } from '../../src/runs/turns.js';
import { MESSY_CODE } from '../helpers/demo.js';
import { openEngine } from './engines.js';
import { benchFolder, inTurn, type Line, shown } from './measure.js';

const BODY = JSON.stringify({ graph_id: 'demo-review', input_data: MESSY_CODE });
const SECONDS = 4;

/**
 * Acknowledged `POST /graph/run` per second at 50 connections, against the same answer from Fastify and zod with
 * no database. The runs stay in the queue (the only slot is taken), so that this measures the acknowledgement alone.
 */
export async function benchAcknowledge(): Promise<Line[]> {
  const ours = await startServer('ours');
  const bare = await startServer('bare');
  const rates = await inTurn(
    3,
    () => rate(ours.url),
    () => rate(bare.url),
  );
  ours.child.kill('SIGKILL');
  bare.child.kill('SIGKILL');
  return [
    {
      what: 'acknowledged POST /graph/run per second, 50 connections, against bare Fastify with zod',
      ours: shown(rates.ours),
      against: shown(rates.theirs),
      ratio: rates.ratio,
      aim: '>= 0.45',
      met: rates.ratio >= 0.45,
    },
  ];
}

async function rate(url: string): Promise<number> {
  const options = { url: `${url}/graph/run`, connections: 50, method: 'POST', body: BODY } as const;
  const headers = { 'content-type': 'application/json' };
  await autocannon({ ...options, headers, duration: 1 });
  const result = await autocannon({ ...options, headers, duration: SECONDS });
  if (result.non2xx > 0 || result.errors > 0) throw new Error(`${result.non2xx} answers were no 2xx`);
  return result.requests.average;
}

async function startServer(which: 'ours' | 'bare'): Promise<{ url: string; child: ChildProcess }> {
  const child = fork(new URL(import.meta.url), [`--serve-${which}`], { execArgv: process.execArgv });
  const [url] = (await once(child, 'message')) as [string];
  return { url, child };
}

async function serveBare(): Promise<string> {
  const app = Fastify().withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  const body = z.strictObject({ graph_id: z.string(), input_data: z.unknown() });
  const answer = z.object({ run_id: z.string(), status: z.string() });
  app.post('/graph/run', { schema: { body, response: { 202: answer } } }, async (_request, reply) => {
    reply.code(202);
    return { run_id: uuidv7(), status: 'SUBMITTED' };
  });
  return app.listen({ host: '127.0.0.1', port: 0 });
}

async function serveOurs(): Promise<string> {
  const folder = benchFolder();
  process.once('exit', folder.remove);
  const endless = defineTool({ name: 'endless', run: () => new Promise(() => {}) });
  const bench = await openEngine(folder.path('ours.db'), [...codeReviewDefinitions, endless], 1);
  await bench.engine.createGraph(codeReviewGraph);
  const nodes = [{ name: 'hold', tool_name: 'endless' }];
  await bench.engine.createGraph({ graph_id: 'hold', name: 'hold', entry_point: 'hold', nodes, edges: [] });
  await bench.engine.startRun({ graphId: 'hold', inputData: null });
  const app = await buildApp({
    engine: bench.engine,
    inSlices: new Turns().inSlices,
    apiKeys: [],
    loopbackOnly: true,
    maxBodyBytes: 1_048_576,
  });
  return app.listen({ host: '127.0.0.1', port: 0 });
}

const serve = process.argv.includes('--serve-ours')
  ? serveOurs
  : process.argv.includes('--serve-bare')
    ? serveBare
    : undefined;
if (serve !== undefined) process.send?.(await serve());

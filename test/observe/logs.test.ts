import { describe, expect, it } from 'vitest';
import { createLogger } from '../../src/observe/logger.js';
import { RunLog } from '../../src/observe/run-log.js';
import { startTestServer } from '../helpers/server.js';
import { chain } from '../helpers/tools.js';

/** A logger, and what it wrote. */
function recorder(level: string) {
  const lines: Record<string, unknown>[] = [];
  return { lines, logger: createLogger(level, { write: (line) => void lines.push(JSON.parse(line)) }) };
}

describe('the log', () => {
  it('says which request started a run, and how the run ended: at info only failures', async () => {
    for (const [level, messages] of [
      ['info', ['run ended']],
      ['debug', ['run started', 'run ended', 'run started', 'run ended']],
    ] as const) {
      const { lines, logger } = recorder(level);
      const log = new RunLog(logger);
      const server = await startTestServer({
        definitions: [{ name: 'fails', run: () => Promise.reject(new Error('no')) }],
        onCommit: (units) => log.committed(units),
        onRunStarted: (runId, requestId) => log.started(runId, requestId),
      });
      await server.engine.createGraph(chain('fails', 'fails'));
      for (const graph_id of ['demo-review', 'fails']) {
        await server.ask('POST /graph/run?wait=10', { graph_id, input_data: 'x = 1' }, { 'idempotency-key': graph_id });
        await server.ask('POST /graph/run?wait=10', { graph_id, input_data: 'x = 1' }, { 'idempotency-key': graph_id });
      }
      expect(lines.map(({ msg }) => msg)).toEqual(messages);
      expect(lines.at(-1)).toMatchObject({
        run_id: expect.any(String),
        request_id: expect.stringMatching(/^[0-9a-f]{8}-\d+$/),
        graph_id: 'fails',
        status: 'FAILED',
        steps: expect.any(Number),
        error: { code: 'tool_failed', node: 'fails', step: 1 },
      });
      await server.stop();
    }
  });

  it('shows no credentials', () => {
    const { lines, logger } = recorder('info');
    const authorization = 'Bearer top-secret';
    logger.info({ authorization, req: { headers: { authorization } }, params: { api_key: 'top-secret' } }, 'request');
    expect(JSON.stringify(lines)).not.toContain('top-secret');
    expect(lines[0]).toMatchObject({ authorization: '[redacted]', params: { api_key: '[redacted]' } });
  });
});

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { listen, startTestServer } from '../helpers/server.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';

const RUNNER = fileURLToPath(new URL('../helpers/run-conformance.mjs', import.meta.url));

/** Scenarios that need a tool of the suite's own, by its name: no product has one. */
const OWN_TOOLS = [
  ...['tools-call-simple-text', 'tools-call-image', 'tools-call-audio', 'tools-call-embedded-resource'],
  ...['tools-call-mixed-content', 'tools-call-with-logging', 'tools-call-error', 'tools-call-with-progress'],
  ...['tools-call-sampling', 'tools-call-elicitation', 'json-schema-2020-12', 'elicitation-sep1034-defaults'],
  'elicitation-sep1330-enums',
];
/** Scenarios of capabilities that the server does not claim: it has no prompts, and no resources that change. Reading needs
 * resources of the suite's own. */
const NOT_CLAIMED = [
  ...['resources-read-text', 'resources-read-binary', 'resources-templates-read'],
  ...['resources-subscribe', 'resources-unsubscribe', 'prompts-list', 'prompts-get-simple', 'prompts-get-with-args'],
  ...['prompts-get-embedded-resource', 'prompts-get-with-image', 'completion-complete'],
  // Deprecated by the specification of 2026-07-28.
  'logging-set-level',
];
/** Scenarios of streams that are taken up again: the server has no sessions. */
const NO_SESSIONS = ['server-sse-polling', 'server-sse-multiple-streams'];
const PASSED = ['server-initialize', 'ping', 'tools-list', 'resources-list', 'dns-rebinding-protection'];

it('the server passes every scenario of the MCP conformance suite that is for it', async () => {
  const server = await startTestServer({ loopbackOnly: true });
  onTestFinished(() => server.stop());
  const url = await listen(server);
  const baseline = join(temporaryFolder(), 'baseline.yml');
  writeFileSync(baseline, JSON.stringify({ server: [...OWN_TOOLS, ...NOT_CLAIMED, ...NO_SESSIONS] }));
  const suite = ['server', '--url', `${url}/mcp`, '--suite', 'all', '--expected-failures', baseline];
  const child = spawn(process.execPath, [RUNNER, ...suite], { stdio: ['ignore', 'pipe', 'inherit'] });
  const chunks: string[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk.toString()));
  const [code] = await once(child, 'close');
  const summary = chunks.join('').split('SUMMARY').at(-1) ?? '';
  // The suite fails for a scenario of the baseline that passes, too.
  expect(code, summary).toBe(0);
  const passed = [...summary.matchAll(/^✓ ([\w-]+): [1-9]/gm)].map((match) => match[1]);
  expect(new Set(passed)).toEqual(new Set(PASSED));
});

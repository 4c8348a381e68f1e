import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { ROOT } from '../docs/document.js';

it('the example of a test for node:test passes, on the built package by its name', async () => {
  const file = join(ROOT, 'examples/testing/refund.node-test.mjs');
  const env = { ...process.env, NODE_TEST_CONTEXT: undefined };
  const { stdout } = await promisify(execFile)(process.execPath, ['--test', '--test-reporter=tap', file], { env });
  expect(stdout).toMatch(/^# pass 2$/m);
});

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

it('npm run example:research asks, is sent back once, and ends with the report', async () => {
  const { stdout } = await promisify(execFile)('npm', ['run', '--silent', 'example:research']);
  expect(stdout).toContain('Asked: The mill was built in 1822. Good enough?\nAnswered: {"approved":false');
  expect(stdout).toContain('Asked: The mill was built in 1822. It burnt down in 1911. Good enough?');
  expect(stdout).toContain('  Condition met. Routing to: revise\n  Executing Node: revise\n  Executing Node: think');
  expect(stdout).toContain('"report": "The mill was built in 1822. It burnt down in 1911."');
  expect(stdout).toMatch(/Tokens: \{"input_tokens":[1-9]\d*,"output_tokens":[1-9]\d*\}\nStatus: COMPLETED\n$/);
});

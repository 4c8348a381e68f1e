import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCli } from '../helpers/cli.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';

const folder = temporaryFolder();
const write = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};
const GOOD = `{
  "name": "Greet",
  "entry_point": "hello",
  "nodes": [{ "name": "hello", "tool_name": "set_data", "params": { "values": { "said": "hi" } } }]
}
`;
const good = write('good.json', GOOD);
const bad = write('bad.json', GOOD.replace('"hi"', '"${ data.nobody }"'));

describe('graphrunner explore', () => {
  it('says where something goes wrong, and how a run comes to it', async () => {
    const { code, stdout, stderr } = await runCli(['explore', bad]);
    expect([code, stderr]).toEqual([1, '']);
    expect(stdout).toBe(
      `${bad}:4:89 error expression_fails The params have no value: There is no key "nobody". (at character 9 in /values/said) (/nodes/0/params/values/said)\n  hello: expression_failed\n${bad}: 1 run, 1 of 1 nodes; all was explored\n`,
    );
  });

  it('says that nothing was found only if all was explored, as text and as JSON', async () => {
    const { code, stdout } = await runCli(['explore', good, '--seed', '3']);
    expect([code, stdout]).toEqual([0, `${good}: 1 run, 1 of 1 nodes; all was explored, and nothing was found\n`]);
    const json = JSON.parse((await runCli(['explore', good, '--json', '--seed', '3'])).stdout);
    expect(json).toMatchObject({ findings: [], complete: true, seed: 3 });
  });

  it('is a part of graphrunner validate that is asked for', async () => {
    const { code, stdout } = await runCli(['validate', good, bad, '--explore']);
    expect(code).toBe(1);
    expect(stdout).toContain(`${good}: nothing is wrong\n${bad}:4:89 error expression_fails`);
  });

  it('refuses a file that is no JSON', async () => {
    const { code, stderr } = await runCli(['explore', write('broken.json', '{ x')]);
    expect([code, stderr.includes('broken.json:1:')]).toEqual([2, true]);
  });
});

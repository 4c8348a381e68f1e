import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { ROOT } from '../docs/document.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';

const USER_FILE = `
import { defineCondition, defineTool, FatalError, type Json, RetryableError, type Tool } from 'graphrunner';
import { z } from 'zod';

export const charge = defineTool({
  name: 'charge',
  params: z.object({ amount: z.number() }),
  secrets: true,
  async run({ input_data, data }, { params, log, signal, idempotencyKey, usage }) {
    const amount: number = params.amount;
    // @ts-expect-error: the schema knows no such param.
    params.amuont;
    if (amount < 0) throw new FatalError('less than nothing');
    if (signal.aborted) throw new RetryableError('later', { retryAfterSeconds: 5 });
    usage({ input_tokens: 1, output_tokens: 2 });
    log(idempotencyKey);
    const paid: Json = { of: input_data, had: data.paid ?? null };
    return { paid };
  },
});
export const plain: Tool = { name: 'plain', run: (_state, { params }) => ({ got: params.anything ?? null }) };
export const done = defineCondition({ name: 'done', outcomes: ['END'], choose: () => 'END' });
`;

const folder = temporaryFolder();

beforeAll(() => {
  const packed = execFileSync('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder], {
    cwd: ROOT,
    encoding: 'utf8',
  }).trim();
  const modules = join(folder, 'node_modules');
  mkdirSync(modules);
  execFileSync('tar', ['-xzf', join(folder, packed), '-C', modules]);
  // What an installation has beside it.
  for (const name of readdirSync(join(ROOT, 'node_modules')).filter((each) => !each.startsWith('.'))) {
    symlinkSync(join(ROOT, 'node_modules', name), join(modules, name));
  }
  execFileSync('mv', [join(modules, 'package'), join(modules, 'graphrunner')]);
}, 60_000);

it('the package types and runs a TypeScript file of tools', () => {
  writeFileSync(join(folder, 'tools.ts'), USER_FILE);
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  const compilerOptions = { module: 'nodenext', target: 'es2022', strict: true, types: ['node'], skipLibCheck: false };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['tools.ts'] }));
  execFileSync(join(ROOT, 'node_modules/.bin/tsc'), ['-p', folder], { encoding: 'utf8' });
  const script = `import('./tools.js').then(({ charge }) =>
    charge.run({ data: {} }, { params: { amount: -1 } }).catch((error) => console.log(error.name)))`;
  const printed = execFileSync(process.execPath, ['-e', script], { cwd: folder, encoding: 'utf8' });
  expect(printed.trim()).toBe('FatalError');
}, 60_000);

it('the command of the package works in an empty folder', () => {
  const empty = temporaryFolder();
  const main = join(folder, 'node_modules/graphrunner/dist/main.js');
  const graph = join(folder, 'node_modules/graphrunner/examples/saga/graph.json');
  const call = (...args: string[]) => execFileSync(process.execPath, [main, ...args], { cwd: empty, encoding: 'utf8' });
  expect(call('--help')).toMatch(/^Usage: graphrunner /);
  expect(call('validate', graph)).toBe(`${graph}: nothing is wrong\n`);
  expect(call('run', 'demo-review', '--local', '--input', '"def f(): pass"')).toContain('\nCOMPLETED\n');
  expect(readdirSync(empty)).toEqual([]);
}, 60_000);

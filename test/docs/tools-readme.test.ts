import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../helpers/temporary-folder.js';
import { ROOT } from './document.js';

const TEXT = readFileSync(join(ROOT, 'src/tools/README.md'), 'utf8');

/** The files that the three steps show, without the indentation of the list. */
const FILES = new Map(
  Array.from(TEXT.matchAll(/^ {3}```\w+ (\S+)\n(.*?)^ {3}```$/gms), ([, file = '', text = '']) => [
    file,
    text.replaceAll(/^ {3}/gm, ''),
  ]),
);

describe('the three steps to a tool', () => {
  it('are a tool, a test and a line of docs', () => {
    expect([...FILES.keys()]).toEqual(['src/tools/shout.ts', 'test/tools/shout.test.ts', 'docs/tools.md']);
    const columns = (row: string) => row.split('|').length;
    const ours = readFileSync(join(ROOT, 'docs/tools.md'), 'utf8').match(/^\| `set_data` \|.*$/m)?.[0] ?? '';
    expect(columns(FILES.get('docs/tools.md') ?? '')).toBe(columns(ours));
  });

  it('compile, and the test passes', () => {
    const folder = temporaryFolder();
    cpSync(join(ROOT, 'src/core'), join(folder, 'src/core'), { recursive: true });
    mkdirSync(join(folder, 'src/tools'));
    mkdirSync(join(folder, 'test/helpers'), { recursive: true });
    cpSync(join(ROOT, 'test/helpers/tool-call.ts'), join(folder, 'test/helpers/tool-call.ts'));
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    for (const [file, text] of FILES) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, file), text);
    }
    const { compilerOptions } = JSON.parse(readFileSync(join(ROOT, 'tsconfig.json'), 'utf8'));
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['src', 'test'] }));
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
    execFileSync(join(ROOT, 'node_modules/.bin/tsc'), ['-p', folder], { encoding: 'utf8' });
    const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs');
    const env = { PATH: process.env.PATH, NO_COLOR: '1', CI: 'true' };
    const printed = execFileSync(process.execPath, [vitest, 'run', '--root', folder], { encoding: 'utf8', env });
    expect(printed).toContain('2 passed');
  }, 30_000);
});

it('the table of files names all that are there', () => {
  const [, table = ''] = TEXT.split('| File |');
  const named = Array.from(table.matchAll(/`([\w./-]+)`/g), ([, name = '']) => name).filter(
    (name) => !name.startsWith('..'),
  );
  for (const name of named.filter((each) => each !== 'TOOLS')) {
    expect(existsSync(join(ROOT, 'src/tools', name)), name).toBe(true);
  }
  const there = readdirSync(join(ROOT, 'src/tools'), { withFileTypes: true });
  const expected = there.map((each) => (each.isDirectory() ? `${each.name}/` : each.name));
  expect(expected.filter((name) => name !== 'README.md' && !named.includes(name))).toEqual([]);
});

import { execFile } from 'node:child_process';
import { cpSync, existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../helpers/temporary-folder.js';
import { codesIn, documentAt, ROOT } from './document.js';

const [, ...sections] = documentAt('CONTRIBUTING.md').text.split(/^### /m);

/** The files and folders that each recipe names, by its heading. */
const RECIPES = new Map(
  sections.map((section) => {
    const [heading = ''] = section.split('\n', 1);
    const paths = codesIn(section).filter((code) => /^(src|test|docs|drizzle)\/|^[\w.]*\.(md|example)$/.test(code));
    return [heading, [...new Set(paths)]];
  }),
);

function filesIn(recipe: string): string[] {
  return (RECIPES.get(recipe) ?? []).filter((path) => /^src\/.*\.tsx?$/.test(path));
}

/** A place in a source, and what it becomes. */
interface Change {
  readonly path: string;
  readonly place: string;
  readonly text: string;
}

/** Compiles a copy of the sources with some changes; returns the files with errors. */
async function filesThatFail(changes: readonly Change[]): Promise<string[]> {
  const folder = temporaryFolder();
  cpSync(join(ROOT, 'src'), join(folder, 'src'), { recursive: true });
  cpSync(join(ROOT, 'package.json'), join(folder, 'package.json'));
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  for (const { path, place, text } of changes) {
    const source = readFileSync(join(ROOT, path), 'utf8');
    expect(source.split(place), `${path} has "${place}" once`).toHaveLength(2);
    writeFileSync(join(folder, path), source.replace(place, text));
  }
  const { compilerOptions } = JSON.parse(readFileSync(join(ROOT, 'tsconfig.json'), 'utf8'));
  const config = { compilerOptions, include: ['src'], exclude: ['src/web'] };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
  const tsc = join(ROOT, 'node_modules/.bin/tsc');
  const { stdout } = await promisify(execFile)(tsc, ['-p', folder, '--pretty', 'false'], { cwd: folder }).catch(
    (error: { stdout: string }) => error,
  );
  return [...new Set(Array.from(stdout.matchAll(/^(src\/[^(]+)\(/gm), ([, file = '']) => file))];
}

describe('the recipes', () => {
  it('are seven', () => {
    const headings = [
      'A tool',
      'A route',
      'A tool of the MCP server',
      'A kind of wait',
      'A kind of edge',
      'A store adapter',
      'A trigger',
    ];
    expect([...RECIPES.keys()]).toEqual(headings);
  });

  it.each([...RECIPES])('%s names files and folders that are there', (_recipe, paths) => {
    expect(paths.length).toBeGreaterThan(3);
    expect(paths.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });

  it('stay short: a kind of wait touches 10 files of the sources at most, a kind of edge 8', () => {
    // The tool that asks for a wait is a new file beside those that are named.
    expect(filesIn('A kind of wait').length).toBeLessThanOrEqual(10);
    expect(filesIn('A kind of edge').length).toBeLessThanOrEqual(8);
  });

  it('name every file that does not compile until it knows a new kind of edge', async () => {
    const failing = await filesThatFail([
      {
        path: 'src/core/graph/edges.ts',
        place: 'export type Edge = ',
        text: "export type Edge = ({ readonly kind: 'planted' } & EdgeParts) | ",
      },
      {
        path: 'src/core/graph/compile.ts',
        place: 'export type Route =\n',
        text: "export type Route =\n  | { readonly kind: 'planted' }\n",
      },
    ]);
    expect(failing).toEqual(expect.arrayContaining(['src/core/graph/compile.ts', 'src/core/run/routing.ts']));
    expect(failing.filter((file) => !filesIn('A kind of edge').includes(file))).toEqual([]);
  }, 60_000);

  it('name every file that does not compile until it knows a new kind of wait', async () => {
    const failing = await filesThatFail([
      {
        path: 'src/core/run/waits.ts',
        place: 'const WAITS = {\n',
        text: "const WAITS = {\n  planted: { hasChildren: false, isForPerson: true, outcome: 'expired', atTime: 'fail' },\n",
      },
      {
        path: 'src/core/run/events.ts',
        place: 'export interface WaitStart {\n  readonly kind: ',
        text: "export interface WaitStart {\n  readonly kind: 'planted' | ",
      },
      {
        path: 'src/core/tool/wait.ts',
        place: 'export type WaitRequest = ',
        text: "export type WaitRequest = { readonly kind: 'planted' } | ",
      },
    ]);
    expect(failing).toEqual(expect.arrayContaining(['src/core/run/evolve.ts', 'src/http/runs/schemas.ts']));
    expect(failing.filter((file) => !filesIn('A kind of wait').includes(file))).toEqual([]);
  }, 60_000);
});

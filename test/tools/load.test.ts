import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Registrable } from '../../src/core/tool/registry.js';
import { loadToolModules, ToolModuleError } from '../../src/tools/load.js';

let root: string;
let directory: string;

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'graphrunner-tools-'));
});

beforeEach(() => {
  // A directory each, since Node imports a path once.
  directory = mkdtempSync(join(root, 'test-'));
});

afterAll(() => {
  rmSync(root, { recursive: true });
});

function write(name: string, text: string): string {
  const path = join(directory, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}

async function namesIn(...modules: string[]): Promise<string[]> {
  const definitions = await loadToolModules(modules, directory, []);
  return definitions.map(({ name }) => name);
}

async function problemsOf(modules: string[], taken: Registrable[] = []): Promise<readonly string[]> {
  try {
    await loadToolModules(modules, directory, taken);
  } catch (error) {
    if (error instanceof ToolModuleError) return error.problems;
    throw error;
  }
  return [];
}

const TOOL = "{ name: 'a_tool', run: () => ({ ok: true }) }";
const GATE = "{ name: 'a_gate', outcomes: ['END'], choose: () => 'END' }";

describe('loadToolModules', () => {
  it('loads nothing for no names', async () => {
    expect(await namesIn()).toEqual([]);
  });

  it.each([
    ['a default export', `export default ${TOOL};`, ['a_tool']],
    ['a default array', `export default [${TOOL}, ${GATE}];`, ['a_tool', 'a_gate']],
    ['named exports', `export const tool = ${TOOL};\nexport const gate = ${GATE};`, ['a_gate', 'a_tool']],
    ['a named array', `export const all = [${GATE}, ${TOOL}];`, ['a_gate', 'a_tool']],
    ['default and named', `export default ${TOOL};\nexport const gate = ${GATE};`, ['a_tool', 'a_gate']],
    ['one object exported twice', `export const tool = ${TOOL};\nexport default [tool];`, ['a_tool']],
    [
      'a tool and a condition of one name',
      `export default [${TOOL}, { ...${GATE}, name: 'a_tool' }];`,
      ['a_tool', 'a_tool'],
    ],
    ['top-level await', `export default await Promise.resolve(${TOOL});`, ['a_tool']],
    ['a class instance', "class T { name = 'a_tool'; run() {} }\nexport default new T();", ['a_tool']],
  ])('takes %s', async (_, text, names) => {
    write('tools.mjs', text);
    expect(await namesIn('./tools.mjs')).toEqual(names);
  });

  it.each([
    ['module.exports as a tool', `module.exports = ${TOOL};`, ['a_tool']],
    [
      'module.exports as a tool of shorthands',
      "const name = 'a_tool', run = () => {};\nmodule.exports = { name, run };",
      ['a_tool'],
    ],
    ['module.exports as an array', `module.exports = [${TOOL}];`, ['a_tool']],
    ['exports by name', `exports.tool = ${TOOL};\nexports.gate = ${GATE};`, ['a_tool', 'a_gate']],
    [
      'a compiled ES module',
      `exports.__esModule = true;\nexports.default = ${TOOL};\nexports.gate = ${GATE};`,
      ['a_tool', 'a_gate'],
    ],
  ])('takes CommonJS: %s', async (_, text, names) => {
    write('tools.cjs', text);
    expect(await namesIn('./tools.cjs')).toEqual(names);
  });

  it('finds modules by relative and absolute path, file: URL and package', async () => {
    write('tools.mjs', `export default { ...${TOOL}, name: 'relative' };`);
    write('sub/bare.mjs', `export default { ...${TOOL}, name: 'bare' };`);
    const absolute = write('absolute.mjs', `export default { ...${TOOL}, name: 'absolute' };`);
    const url = pathToFileURL(write('with space.mjs', `export default { ...${TOOL}, name: 'url' };`)).href;
    write(
      'node_modules/@acme/tools/package.json',
      '{ "name": "@acme/tools", "type": "module", "exports": "./main.js" }',
    );
    write('node_modules/@acme/tools/main.js', `export default { ...${TOOL}, name: 'package' };`);
    const names = await namesIn('./tools.mjs', 'sub/bare.mjs', absolute, url, '@acme/tools');
    expect(names).toEqual(['relative', 'bare', 'absolute', 'url', 'package']);
  });

  it('takes a module that is named twice once', async () => {
    const path = write('tools.mjs', `export default ${TOOL};`);
    expect(await namesIn('./tools.mjs', 'tools.mjs', path)).toEqual(['a_tool']);
  });

  it('hands tools over as they are', async () => {
    write(
      'tools.mjs',
      `export default { ...${TOOL}, run({ input_data }) { return { got: input_data, self: this.name }; } };`,
    );
    const [tool] = await loadToolModules(['./tools.mjs'], directory, []);
    const context = {} as never;
    expect(tool && 'run' in tool && tool.run({ input_data: 1, data: {} }, context)).toEqual({ got: 1, self: 'a_tool' });
  });
});

describe('a module that cannot be used', () => {
  it.each([
    ['no name', 'export const bad = { run() {} };', 'its export bad: has no name'],
    ['a bad name', "export default { name: 'a b', run() {} };", 'its export default: has the name "a b"'],
    ['neither run nor choose', "export default { name: 'x' };", 'its export default: "x" needs either a run function'],
    ['both', "export default { name: 'x', run() {}, choose() {} };", '"x" needs either'],
    ['params that check nothing', "export default { name: 'x', run() {}, params: {} };", 'not a zod schema'],
    ['a bad one in an array', `export const list = [${TOOL}, null];`, 'its export list[1]: is not an object'],
    ['a function', `export default ${TOOL};\nexport function help() {}`, 'its export help: is not an object'],
    ['no exports', 'const x = 1;', 'it exports no tool and no condition'],
    ['an empty array', 'export default [];', 'it exports no tool and no condition'],
    [
      'a name of its own twice',
      `export default [${TOOL}, ${TOOL}];`,
      'the tool "a_tool" is defined already, by itself',
    ],
    ['a throw', "throw new Error('no licence');", 'it cannot be imported: no licence'],
    ['a throw of null', 'throw null;', 'it cannot be imported: null'],
    ['a syntax error', 'export default {', 'it cannot be imported: '],
    ['a missing import of its own', "import './gone.mjs';", 'it cannot be imported: '],
  ])('for %s says so', async (_, text, reason) => {
    write('tools.mjs', text);
    const problems = await problemsOf(['./tools.mjs']);
    expect(problems).toEqual([expect.stringContaining(reason)]);
    expect(problems[0]).toMatch(/^\.\/tools\.mjs: /);
  });

  it.each([
    ['./gone.mjs', 'there is no file'],
    ['/gone/tools.mjs', 'there is no file /gone/tools.mjs'],
    ['file:///gone/tools.mjs', 'there is no file /gone/tools.mjs'],
    ['gone', 'there is neither a file'],
    ['gone.mjs', 'nor a package of this name'],
    ['./', 'there is no file'],
    ['file://elsewhere/tools.mjs', 'File URL'],
  ])('%s: %s', async (name, reason) => {
    expect(await problemsOf([name])).toEqual([expect.stringContaining(`${name}: `)]);
    expect((await problemsOf([name]))[0]).toContain(reason);
  });

  it('must be JavaScript', async () => {
    write('tools.ts', `export default ${TOOL};`);
    expect(await problemsOf(['./tools.ts'])).toEqual(['./tools.ts: the file is not one of .js, .mjs, .cjs']);
  });

  it('must not take a name that graphrunner or another module has', async () => {
    write('one.mjs', `export default [${TOOL}, ${GATE}];`);
    write('two.mjs', `export default ${GATE};`);
    const taken = [{ name: 'a_tool', run: () => undefined }];
    expect(await problemsOf(['./one.mjs'], taken)).toEqual([
      './one.mjs: the tool "a_tool" is defined already, by graphrunner itself',
    ]);
    expect(await problemsOf(['./one.mjs', './two.mjs'])).toEqual([
      './two.mjs: the condition "a_gate" is defined already, by ./one.mjs',
    ]);
  });

  it('is told together with the others', async () => {
    write('bad.mjs', "export default { name: 'x' };");
    await expect(loadToolModules(['./gone.mjs', './bad.mjs'], directory, [])).rejects.toThrow(
      /^These tool modules cannot be used:\n {2}\.\/gone\.mjs: .*\n {2}\.\/bad\.mjs: .*$/,
    );
  });
});

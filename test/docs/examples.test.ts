import { execFile, execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/core/base/json.js';
import { compileExpression } from '../../src/core/expressions/expressions.js';
import { graphDefinitionSchema } from '../../src/core/graph/definition.js';
import { diagnose } from '../../src/core/graph/doctor/doctor.js';
import { createRegistry, type Registrable } from '../../src/core/tool/registry.js';
import type { AnyTool } from '../../src/core/tool/tool.js';
import { codeReviewDefinitions } from '../../src/demo/definitions.js';
import { builtInTools } from '../../src/tools/built-in-tools.js';
import { loadToolModules } from '../../src/tools/load.js';
import build from '../helpers/build.js';
import { type ServerProcess, startServer } from '../helpers/server-process.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';
import { BLOCKS, type Block, codesIn, README, ROOT, table } from './document.js';

const run = promisify(execFile);

const isRequest = ({ language, text }: Block) => language === 'sh' && text.includes('curl ');
const isQuery = ({ language }: Block) => language === 'sql';

/** Blocks with the block after them, where that shows what they print. */
function withOutput(blocks: readonly Block[], wanted: (block: Block) => boolean) {
  return blocks.flatMap((block, index) => {
    const next = blocks[index + 1];
    const isOutput = next !== undefined && ['json', 'text'].includes(next.language) && next.file === undefined;
    return wanted(block) ? [{ block, output: isOutput ? next : undefined }] : [];
  });
}

const REQUESTS = withOutput(BLOCKS, isRequest);
const QUERIES = withOutput(BLOCKS, isQuery);
const FILES = BLOCKS.filter(({ file }) => file !== undefined);
const COMMANDS = BLOCKS.filter((block) => block.language === 'sh' && !isRequest(block));

/** What differs from run to run. */
function settled(text: string): string {
  return text
    .replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '<id>')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<time>');
}

function meaningOf({ language }: Block, text: string): unknown {
  return language === 'json' ? JSON.parse(settled(text)) : settled(text).trim();
}

/** Says where the output of one request ends; no answer holds it. */
const END_OF_REQUEST = '\n<<< end of request >>>\n';

/** A folder with the files that the README shows, and the example graphs where a clone has them. */
function folderWithFiles(): string {
  const folder = temporaryFolder();
  cpSync(join(ROOT, 'examples'), join(folder, 'examples'), { recursive: true });
  for (const { file = '', text } of FILES.filter(({ language }) => language !== 'ts')) {
    writeFileSync(join(folder, file), text);
  }
  return folder;
}

it('has an example of each kind, and no block that is not run here', () => {
  for (const list of [REQUESTS, QUERIES, FILES, COMMANDS]) expect(list).not.toEqual([]);
  const outputs = [...REQUESTS, ...QUERIES].map(({ output }) => output);
  const known = new Set([...REQUESTS, ...QUERIES].map(({ block }) => block).concat(FILES, COMMANDS));
  expect(BLOCKS.filter((block) => !known.has(block) && !outputs.includes(block))).toEqual([]);
  for (const { text } of COMMANDS) expect(text).toMatch(/^([A-Z]+=\S+ )?npm [a-z:& ]+\n$/);
});

describe('the commands of the README, one after the other on a new server', () => {
  const folder = folderWithFiles();
  let server: ServerProcess;
  let printed: string[];
  beforeAll(async () => {
    build();
    const [, tools = ''] = /^TOOLS=(\S+) npm start$/m.exec(COMMANDS.map(({ text }) => text).join('')) ?? [];
    server = await startServer(folder, { TOOLS: tools });
    const script = REQUESTS.map(({ block }) => `${block.text}echo '${END_OF_REQUEST}'\n`).join('');
    const local = script.replaceAll('http://127.0.0.1:8000', server.url);
    const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', local], { cwd: folder });
    printed = stdout.split(END_OF_REQUEST);
  }, 60_000);
  afterAll(() => server?.end('SIGTERM'));

  it.each(REQUESTS.map(({ block, output }, index) => ({ index, output, text: block.text })))(
    'print what it shows: $text',
    ({ index, output }) => {
      if (output !== undefined) expect(meaningOf(output, printed[index]!)).toEqual(meaningOf(output, output.text));
    },
  );

  it.each(QUERIES.map(({ block, output }) => ({ output, text: block.text })))('find what it shows: $text', (query) => {
    const database = new Database(join(folder, 'workflow.db'), { readonly: true });
    const rows = database.prepare(query.text).raw().all() as unknown[][];
    database.close();
    expect(`${rows.map((row) => row.join('|')).join('\n')}\n`).toBe(query.output?.text);
  });
});

describe('the files of the README', () => {
  it('are tools that load, and graphs without a warning', async () => {
    const folder = folderWithFiles();
    const modules = FILES.filter(({ language }) => language === 'js').map(({ file }) => `./${file}`);
    const ours = [
      ...builtInTools({ now: Date.now, httpAllow: [], llmBaseUrl: 'http://127.0.0.1:9/v1' }),
      ...codeReviewDefinitions,
    ];
    const registry = createRegistry([...ours, ...(await loadToolModules(modules, folder, ours))]);
    const graphs = FILES.filter(({ language }) => language === 'json');
    expect([modules.length, graphs.length]).toEqual([1, 2]);
    for (const { text } of graphs) {
      expect(diagnose(graphDefinitionSchema.parse(JSON.parse(text)), registry)).toEqual({ errors: [], warnings: [] });
    }
  });

  it('are TypeScript that compiles in the tree, and tools that work', async () => {
    const folder = temporaryFolder();
    cpSync(join(ROOT, 'src/core'), join(folder, 'src/core'), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    const { compilerOptions } = JSON.parse(readFileSync(join(ROOT, 'tsconfig.json'), 'utf8'));
    const options = { ...compilerOptions, rootDir: 'src', outDir: 'dist', noEmit: false };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, include: ['src'] }));
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
    const sources = FILES.filter(({ language }) => language === 'ts');
    for (const { file = '', text } of sources) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, file), text);
    }
    execFileSync(join(ROOT, 'node_modules/.bin/tsc'), ['-p', folder], { encoding: 'utf8' });
    expect(sources).toHaveLength(1);
    const built = join(folder, sources[0]!.file!.replace('src/', 'dist/').replace('.ts', '.js'));
    const module = (await import(pathToFileURL(built).href)) as Record<string, Registrable>;
    const tool = createRegistry(Object.values(module)).tools.get('repeat_text') as AnyTool;
    expect(tool.params?.safeParse({ times: 0 }).success).toBe(false);
    expect(tool.run({ input_data: 'ab', data: {} }, { params: { times: 2 } } as never)).toEqual({ text: 'abab' });
  }, 30_000);
});

describe('the expressions of the README', () => {
  const [, said = ''] = /With `data` being `(\{.*\})`:/.exec(README) ?? [];
  const data = JSON.parse(said) as JsonObject;
  const rows = table('Expression').map(([expression, value]) => ({ source: codesIn(expression)[0]!, value: value! }));

  it.each(rows)('have the value that it shows: $source', ({ source, value }) => {
    const { expression } = compileExpression(source, { secrets: false });
    const evaluate = () => expression?.evaluate({ input_data: null, data, run: {} }).value;
    if (value.startsWith('an error')) expect(evaluate).toThrow();
    else expect(evaluate()).toEqual(JSON.parse(codesIn(value)[0]!));
  });

  it('are of every sort', () => {
    expect(rows.length).toBeGreaterThan(10);
    expect(rows.filter(({ value }) => value.startsWith('an error')).length).toBeGreaterThan(1);
  });
});

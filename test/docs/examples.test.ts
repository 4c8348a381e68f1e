import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/core/base/json.js';
import { compileExpression } from '../../src/core/expressions/expressions.js';
import { graphDefinitionSchema } from '../../src/core/graph/definition.js';

import { createRegistry } from '../../src/core/tool/registry.js';
import { codeReviewDefinitions } from '../../src/demo/definitions.js';
import { builtInTools } from '../../src/tools/built-in-tools.js';
import { loadToolModules } from '../../src/tools/load.js';
import { readMcpConfig } from '../../src/tools/mcp/config.js';
import { diagnose } from '../helpers/all-steps.js';
import build from '../helpers/build.js';
import { MAIN, type ServerProcess, startServer } from '../helpers/server-process.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';
import { type Block, codesIn, DOCUMENTS, type Document, documentAt, ROOT, table } from './document.js';

const run = promisify(execFile);

/** Examples that ask a server: with curl, with the command line, or with a script of `examples/`. */
const isRequest = ({ language, text }: Block) =>
  language === 'sh' && /\bcurl |^examples\/|^(graphrunner|node dist\/main\.js) (?!migrate)/m.test(text);
const isQuery = ({ language }: Block) => language === 'sql';
const isFile = ({ file }: Block) => file !== undefined;
/** Programs that import the package, which the engine does not load. */
const isProgram = ({ file, language, text }: Block) =>
  file !== undefined && language === 'js' && /^import .* from 'graphrunner';$/m.test(text);
const isCommand = (block: Block) => block.language === 'sh' && !isRequest(block);
/** What is done to a machine; `test/deploy/` looks at some of it. */
const isForOperators = ({ text }: Block) =>
  /^((docker (build|run|compose)|npm install --prefix|install|systemctl|litestream|sqlite3|pg_dump|pg_restore|rm|cp|chown) .+\n)+$/.test(
    text,
  );
/** Pictures, which nothing runs. */
const isPicture = ({ language }: Block) => language === 'mermaid';
/** Workflows of GitHub. */
const isWorkflow = ({ language }: Block) => language === 'yaml';

/** Blocks with the block after them, if that shows what they print. */
function withOutput(blocks: readonly Block[], wanted: (block: Block) => boolean) {
  return blocks.flatMap((block, index) => {
    const next = blocks[index + 1];
    const isOutput = next !== undefined && ['json', 'text'].includes(next.language) && next.file === undefined;
    return wanted(block) ? [{ block, output: isOutput ? next : undefined }] : [];
  });
}

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

/** A folder with the examples of a clone, and the files that a document shows. */
function folderWithFiles({ blocks }: Document): string {
  const folder = temporaryFolder();
  cpSync(join(ROOT, 'examples'), join(folder, 'examples'), { recursive: true });
  for (const { file = '', text } of blocks.filter(isFile)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  }
  return folder;
}

/** Programs of `examples/`, which tests of their own run. */
function isTestedElsewhere({ file = '', text }: Block): boolean {
  return file.startsWith('examples/') && /from 'graphrunner\//.test(text);
}

const cases = DOCUMENTS.map((document) => ({ path: document.path, document }));
const withRequests = cases.filter(({ document }) => document.blocks.some(isRequest));

it('the documents have an example of each kind', () => {
  const blocks = DOCUMENTS.flatMap((document) => document.blocks);
  for (const kind of [isRequest, isQuery, isFile, isCommand]) expect(blocks.filter(kind)).not.toEqual([]);
  expect(withRequests.length).toBeGreaterThan(8);
});

it.each(cases)('$path has no block that is not tested', ({ document: { blocks } }) => {
  const outputs = withOutput(blocks, (block) => isRequest(block) || isQuery(block) || isProgram(block)).map(
    ({ output }) => output,
  );
  const isKnown = (block: Block) =>
    [isRequest, isQuery, isFile, isCommand, isPicture, isWorkflow].some((is) => is(block)) || outputs.includes(block);
  expect(blocks.filter((block) => !isKnown(block))).toEqual([]);
  for (const { text } of blocks.filter(isCommand).filter((block) => !isForOperators(block))) {
    expect(text).toMatch(
      /^((([A-Z_]+=\S+ )*(npm install( (@opentelemetry\/)?[a-z-]+@\S+)+|npm [a-z:& ]+|(npx )?graphrunner( migrate \S+ postgres:\S+)?)|git clone ADDRESS graphrunner && cd graphrunner|\.ci\/run)\n)+$/,
    );
  }
});

describe.each(withRequests)('the commands of $path, one after the other on a new server', ({ document }) => {
  const requests = withOutput(document.blocks, isRequest);
  const queries = withOutput(document.blocks, isQuery);
  const commands = document.blocks.filter(isCommand).map(({ text }) => text);
  const folder = folderWithFiles(document);
  let server: ServerProcess;
  let printed: string[];
  beforeAll(async () => {
    build();
    const [, setting = 'TOOLS', value = ''] = /^([A-Z_]+)=(\S+) npm start$/m.exec(commands.join('')) ?? [];
    server = await startServer(folder, { [setting]: value });
    const script = requests.map(({ block }) => `${block.text}echo '${END_OF_REQUEST}'\n`).join('');
    const program = `graphrunner() { '${process.execPath}' '${MAIN}' "$@"; }\n`;
    const inClone = script.replaceAll(/^node dist\/main\.js /gm, 'graphrunner ');
    const local = program + inClone.replaceAll('http://127.0.0.1:8000', server.url);
    const env = { ...process.env, GRAPHRUNNER_URL: server.url };
    const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', local], { cwd: folder, env });
    printed = stdout.split(END_OF_REQUEST);
  }, 60_000);
  afterAll(() => server?.end('SIGTERM'));

  it.each(requests.map(({ block, output }, index) => ({ index, output, text: block.text })))(
    'print what it shows: $text',
    ({ index, output }) => {
      expect(printed.length).toBeGreaterThan(index);
      if (output !== undefined) expect(meaningOf(output, printed[index]!)).toEqual(meaningOf(output, output.text));
    },
  );

  it.each(queries.map(({ block, output }) => ({ output, text: block.text })))('find what it shows: $text', (query) => {
    const database = new Database(join(folder, 'workflow.db'), { readonly: true });
    const rows = database.prepare(query.text).raw().all() as unknown[][];
    database.close();
    expect(`${rows.map((row) => row.join('|')).join('\n')}\n`).toBe(query.output?.text);
  });
});

it.each(
  cases.flatMap(({ path, document: { blocks } }) =>
    withOutput(blocks, isProgram).map(({ block, output }) => ({ path, file: block.file, block, output })),
  ),
)('the program $file of $path prints what it shows', async ({ block: { file = '', text }, output }) => {
  build();
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(ROOT, join(folder, 'node_modules', 'graphrunner'));
  symlinkSync(join(ROOT, 'node_modules', 'fastify'), join(folder, 'node_modules', 'fastify'));
  writeFileSync(join(folder, file), text);
  const { stdout } = await run(process.execPath, [file], { cwd: folder });
  expect(stdout).toBe(output?.text);
});

describe.each(cases.filter(({ document }) => document.blocks.some(isFile)))('the files of $path', ({ document }) => {
  const files = document.blocks.filter(isFile);

  it('are tools that load, graphs without a warning, and settings of MCP servers and editors', async () => {
    const folder = folderWithFiles(document);
    const ours = [
      ...builtInTools({ now: Date.now, httpAllow: [], llmBaseUrl: 'http://127.0.0.1:9/v1' }),
      ...codeReviewDefinitions,
    ];
    const modules = files
      .filter((block) => block.language === 'js' && !isProgram(block) && !isTestedElsewhere(block))
      .map(({ file }) => `./${file}`);
    const registry = createRegistry([...ours, ...(await loadToolModules(modules, folder, ours))]);
    expect(files.filter(({ language }) => !['js', 'json'].includes(language))).toEqual([]);
    for (const { file = '', text } of files.filter(({ language }) => language === 'json')) {
      if (text.includes('"mcpServers"')) {
        expect(readMcpConfig(join(folder, file), { WIKI: 'key', CRM: 'key' })).toMatchObject({ warnings: [] });
      } else if (text.includes('"json.schemas"')) {
        expect(JSON.parse(text)['json.schemas'][0].url).toMatch(/:8000\/schemas\/graph\.json$/);
      } else {
        const graph = graphDefinitionSchema.parse(JSON.parse(text));
        expect(diagnose(graph, registry), file).toEqual({ errors: [], warnings: [] });
      }
    }
  });

  it('are those of the repository, if it has a file of that name', () => {
    for (const { file = '', text } of files.filter((block) => existsSync(join(ROOT, block.file!)))) {
      expect(text, file).toBe(readFileSync(join(ROOT, file), 'utf8'));
    }
  });
});

describe('the expressions of the documents', () => {
  const [, said = ''] = /With `data` being `(\{.*\})`:/.exec(documentAt('docs/expressions.md').text) ?? [];
  const data = JSON.parse(said) as JsonObject;
  const rows = table('Expression').map(([expression, value]) => ({ source: codesIn(expression)[0]!, value: value! }));

  it.each(rows)('have the value that is shown: $source', ({ source, value }) => {
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

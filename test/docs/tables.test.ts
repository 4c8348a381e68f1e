import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { EXIT_MEANINGS } from '../../src/cli/exit-codes.js';
import { buildProgram } from '../../src/cli/program.js';
import { readConfig, settingsSchema } from '../../src/config.js';
import { RUN_ERRORS } from '../../src/core/base/errors.js';
import { MAX_JSON_DEPTH } from '../../src/core/base/json.js';
import { DOCUMENT_PROBLEMS } from '../../src/core/base/problems.js';
import { FINDINGS } from '../../src/core/explore/codes.js';
import { compileExpression } from '../../src/core/expressions/expressions.js';
import { FUNCTIONS, METHODS } from '../../src/core/expressions/functions.js';
import { isMacro } from '../../src/core/expressions/macros.js';
import { BINARY_OPERATORS } from '../../src/core/expressions/operators.js';
import { MAX_LIST_ITEMS } from '../../src/core/expressions/values.js';
import { catchableBy } from '../../src/core/graph/catchable.js';
import { DEFAULT_MAX_STEPS, graphDefinitionSchema, RESERVED_GRAPH_IDS } from '../../src/core/graph/definition.js';
import { GRAPH_ERRORS, GRAPH_WARNINGS } from '../../src/core/graph/doctor/codes.js';
import { MAX_EXPRESSION_CHARACTERS, MAX_EXPRESSIONS } from '../../src/core/graph/doctor/expressions.js';
import { FIXABLE } from '../../src/core/graph/doctor/fixes.js';
import { MAX_DEPTH } from '../../src/core/run/branches.js';
import { MAX_LINE_LENGTH, MAX_LINES_PER_STEP } from '../../src/core/run/log-lines.js';
import { MAX_DATA_BYTES, MAX_PATCH_BYTES } from '../../src/core/run/patch.js';
import { RUN_STATUSES } from '../../src/core/run/state.js';
import { MAX_RECOVERIES } from '../../src/core/run/visit.js';
import { OVERLAPS, scheduleDefinitionSchema } from '../../src/core/schedule/definition.js';
import { OUTCOMES } from '../../src/core/schedule/occurrence.js';
import { OWN_OPTIONS, PROCESS_SETTINGS, RENAMED_OPTIONS } from '../../src/environment.js';
import { ABORT_GRACE_MS } from '../../src/executor/tool-call.js';
import { API_ERRORS } from '../../src/http/errors/codes.js';
import { EVENT_MEANINGS } from '../../src/http/runs/event-schemas.js';
import { runListQuerySchema } from '../../src/http/runs/list.js';
import { MCP_TOOLS } from '../../src/mcp/server.js';
import { createMetrics } from '../../src/observe/metrics.js';
import { sharingMetrics } from '../../src/observe/sharing-metrics.js';
import { MAX_LOG_BYTES, MAX_LOG_LINES } from '../../src/runs/line-pages.js';
import { openDatabase } from '../../src/store/sqlite/database.js';
import { builtInTools } from '../../src/tools/built-in-tools.js';
import { HTTP_ERRORS } from '../../src/tools/http/error-codes.js';
import { LLM_ERRORS } from '../../src/tools/llm/error-codes.js';
import { paramsSchema as llmParamsSchema } from '../../src/tools/llm/params.js';
import { MAX_RESULT_BYTES } from '../../src/tools/result.js';
import { fakeTerminal } from '../helpers/cli.js';
import { failingEngine } from '../helpers/fake-engine.js';
import { appOf } from '../helpers/server.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';
import { codesIn, documentAt, namesIn, ROOT, table } from './document.js';

const EXPRESSIONS = documentAt('docs/expressions.md').text;
const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));

/** Why an expression is refused; nothing where it is not. */
function problemOf(source: string): string {
  return compileExpression(source, { secrets: false }).problem?.message ?? '';
}

/** What an optional value's method takes. */
function argumentOf(method: string): string {
  if (method === 'orValue') return '1';
  return method === 'or' ? 'data.?y' : '';
}

function grouped(number: number): string {
  return number.toLocaleString('en-US');
}

describe('the tables of the documents', () => {
  it('list every setting, in order, with its default', () => {
    expect(namesIn('Setting')).toEqual(Object.keys(settingsSchema.shape));
    const defaults = table('Setting').map(([name, value]) => [codesIn(name)[0], codesIn(value)[0] ?? '']);
    expect(readConfig(Object.fromEntries(defaults))).toEqual(readConfig({}));
    for (const [name, value] of table('Setting')) {
      const isUnset = settingsSchema.shape[codesIn(name)[0] as 'PORT'].parse(undefined) ?? [];
      expect(value === 'none', name).toBe(Array.isArray(isUnset) && isUnset.length === 0);
    }
  });

  it('list every command of the command line, in the order of its help, and every exit code', () => {
    const { commands } = buildProgram({ terminal: fakeTerminal().terminal, exitCode: 0 });
    expect(namesIn('Subcommand').filter((name) => /^[a-z]+$/.test(name))).toEqual(
      commands.map((command) => command.name()),
    );
    const codes = table('Exit code').map(([code, meaning]) => [Number(codesIn(code)[0]), meaning]);
    expect(codes).toEqual(EXIT_MEANINGS);
  });

  it('name no command of the command line that there is not', () => {
    const { commands } = buildProgram({ terminal: fakeTerminal().terminal, exitCode: 0 });
    const known = ['help', ...commands.map((command) => command.name())];
    const { text } = documentAt('docs/cli.md');
    const named = Array.from(text.matchAll(/(?:`|^|npx )graphrunner ([a-z]+)/gm));
    expect(named.length).toBeGreaterThan(5);
    expect(named.map(([, name]) => name).filter((name) => !known.includes(String(name)))).toEqual([]);
  });

  it('list every option of the library that is no setting, and name the settings that are none', () => {
    expect(namesIn('Option of `createGraphrunner`').sort()).toEqual([...OWN_OPTIONS, 'database'].sort());
    const { text } = documentAt('docs/library.md');
    for (const setting of PROCESS_SETTINGS) expect(text).toContain(`\`${setting}\``);
    for (const [option, setting] of Object.entries(RENAMED_OPTIONS))
      expect(text).toContain(`\`${setting}\` is \`${option}\``);
  });

  it('list every code of the API with its status and meaning', () => {
    const rows = table('Code').map(([code, status]) => [codesIn(code)[0], Number(status)]);
    expect(Object.fromEntries(rows)).toEqual(
      Object.fromEntries(Object.entries(API_ERRORS).map(([code, { status }]) => [code, status])),
    );
    for (const [code, , meaning] of table('Code')) {
      expect(meaning).toContain(API_ERRORS[codesIn(code)[0] as keyof typeof API_ERRORS].meaning);
    }
  });

  it('list every code of a body that does not fit, with its meaning', () => {
    const rows = table('Code of an item').map(([code, meaning]) => [codesIn(code)[0], meaning]);
    expect(Object.fromEntries(rows)).toEqual(DOCUMENT_PROBLEMS);
  });

  it('list every code of runs with its meaning', () => {
    expect(namesIn('Run error').sort()).toEqual(Object.keys(RUN_ERRORS).sort());
    for (const [code, meaning] of table('Run error')) {
      expect(meaning).toContain(RUN_ERRORS[codesIn(code)[0] as keyof typeof RUN_ERRORS]);
    }
  });

  it('list the codes that `on` can name, with what gives them', () => {
    const rows = table('Code in `on`').map(([codes, of = '']) => ({ codes: codesIn(codes), of }));
    const codesOf = (what: string) => rows.filter(({ of }) => of.includes(what)).flatMap(({ codes }) => codes);
    const sorted = (codes: readonly string[]) => [...codes].sort();
    expect(sorted(codesOf('an edge'))).toEqual(sorted(catchableBy('edge')));
    expect(sorted(codesOf('a node whose tool waits'))).toEqual(sorted(catchableBy('wait')));
    const ofNodes = codesOf('a node').filter((code) => Object.hasOwn(RUN_ERRORS, code));
    expect(sorted(ofNodes)).toEqual(sorted([...catchableBy('node'), ...catchableBy('wait')]));
  });

  it.each([
    ['http_request', HTTP_ERRORS],
    ['llm_chat', LLM_ERRORS],
  ])('list every code of %s with its meaning', (tool, codes) => {
    const rows = table(`Code of \`${tool}\``).map(([code, meaning]) => [codesIn(code)[0], meaning]);
    expect(Object.fromEntries(rows)).toEqual(codes);
  });

  it('explain every param of llm_chat', () => {
    const explained = namesIn('Param of `llm_chat`');
    expect(explained.toSorted()).toEqual(
      Object.keys(llmParamsSchema.shape)
        .filter((name) => !['model', 'save_as'].includes(name))
        .toSorted(),
    );
  });

  it.each([
    ['Error', GRAPH_ERRORS],
    ['Warning', GRAPH_WARNINGS],
  ])('list everything that the graph doctor says: %s', (title, codes) => {
    expect(namesIn(title)).toEqual(Object.keys(codes));
    for (const [code, meaning] of table(title))
      expect(meaning).toContain(new Map(Object.entries(codes)).get(codesIn(code)[0]!));
  });

  it('list everything that an exploration finds', () => {
    const rows = table('Finding').map(([code, meaning]) => [codesIn(code)[0], meaning]);
    expect(Object.fromEntries(rows)).toEqual(FINDINGS);
  });

  it('list every finding that can have a fix', () => {
    const documented = table('Finding with a fix').flatMap(([codes]) => codesIn(codes));
    expect(documented.toSorted()).toEqual([...FIXABLE, 'unknown_key', 'invalid_type', 'invalid_value'].toSorted());
  });

  it('list every tool of the MCP server, and whether it only reads', () => {
    const rows = table('MCP tool').map(([name, reads]) => [codesIn(name)[0], reads === 'yes']);
    expect(rows).toEqual(MCP_TOOLS.map(({ name, isReadOnly }) => [name, isReadOnly]));
  });

  it('list every route', async () => {
    const app = await appOf(failingEngine(new Error('unused')));
    const { paths = {} } = app.swagger() as { paths?: Record<string, object> };
    const routes = Object.entries(paths).flatMap(([path, item]) =>
      Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(namesIn('Route').sort()).toEqual(routes.sort());
  });

  it('list every field of a graph', () => {
    const fields = namesIn('Field').map((field) => field.replace('[]', ''));
    expect(fields.sort()).toEqual(Object.keys(graphDefinitionSchema.shape).sort());
    const id = table('Field').find(([field]) => field === '`graph_id`');
    expect(codesIn(id?.[1]).filter((code) => RESERVED_GRAPH_IDS.includes(code))).toEqual(RESERVED_GRAPH_IDS);
  });

  it('list every field of a node, and of every kind of edge', () => {
    const { nodes, edges, conditional_edges, parallel_edges, for_each_edges } = graphDefinitionSchema.shape;
    expect(namesIn('Field of a node')).toEqual(Object.keys(nodes.element.shape));
    const branching = [parallel_edges, for_each_edges].map((edge) => Object.keys(edge.unwrap().element.shape));
    expect(namesIn('Field of a branch edge').sort()).toEqual([...new Set(branching.flat())].sort());
    const ofEdges = (name: string) => codesIn(table('Field').find(([field]) => codesIn(field)[0] === name)?.[1]);
    expect(ofEdges('edges[]')).toEqual(expect.arrayContaining(Object.keys(edges.unwrap().element.shape)));
    const fields = Object.keys(conditional_edges.unwrap().element.shape);
    expect(ofEdges('conditional_edges[]')).toEqual(
      expect.arrayContaining(fields.filter((each) => each !== 'from_node')),
    );
    expect(namesIn('Merge rule')).toEqual(
      graphDefinitionSchema.shape.merge.unwrap().valueType.options.map((rule) => `"${rule}"`),
    );
  });

  it('list every field of `retry`, with its default', () => {
    const [retry, list] = graphDefinitionSchema.shape.nodes.element.shape.retry.unwrap().options;
    expect(namesIn('Field of `retry`')).toEqual(Object.keys(retry.shape));
    const filter = Object.keys(list.element.shape).filter((name) => !(name in retry.shape));
    expect(namesIn('Field of an entry')).toEqual(filter);
    const defaults: Record<string, unknown> = retry.parse({ max_attempts: 1 });
    for (const [name, value = ''] of table('Field of `retry`').slice(1)) {
      expect(value.replaceAll('`', ''), name).toBe(String(defaults[codesIn(name)[0]!] ?? 'none'));
    }
  });

  it('list every tool that is built in, with its params', () => {
    const tools = builtInTools({ now: Date.now, httpAllow: [], llmBaseUrl: 'http://127.0.0.1:9/v1' });
    expect(namesIn('Tool').sort()).toEqual(tools.map(({ name }) => name).sort());
    for (const { name, params } of tools) {
      const { properties = {} } = z.toJSONSchema(params as unknown as z.ZodType) as { properties?: object };
      const [, cell] = table('Tool').find(([tool]) => codesIn(tool)[0] === name)!;
      expect(codesIn(cell), name).toEqual(Object.keys(properties));
    }
  });

  it('list everything that expressions have', () => {
    const kinds = new Map(table('Kind').map(([kind, cell]) => [kind, codesIn(cell)]));
    const operators = ['!', '? :', '[ ]', '.', '.?', '[? ]', ...BINARY_OPERATORS.keys()];
    expect(kinds.get('operators')?.sort()).toEqual(operators.sort());
    for (const operator of ['&&', '||']) expect(EXPRESSIONS).toContain(`\`${operator}\``);
    expect(kinds.get('functions')).toEqual([...FUNCTIONS.keys(), 'has', 'uuid']);
    expect(kinds.get('methods')?.slice(0, METHODS.size)).toEqual([...METHODS.keys()]);
    const optional = kinds.get('methods')?.slice(METHODS.size) ?? [];
    expect(optional.sort()).toEqual(['hasValue', 'or', 'orValue', 'value']);
    for (const name of optional)
      expect(problemOf(`data.?x.${name}(${argumentOf(name)}) == 1`), name).not.toMatch(/no method/);
    expect(kinds.get('macros')?.filter((name) => !isMacro(name))).toEqual([]);
    for (const name of kinds.get('refused') ?? []) {
      expect([problemOf(`${name}(data.x)`), problemOf(`data.x.${name}("a")`)].join(), name).not.toMatch(/^,|,$/);
    }
  });

  it('list every table of the database, with its columns', async () => {
    const path = join(temporaryFolder(), 'workflow.db');
    openDatabase(path).close();
    const database = new Database(path, { readonly: true });
    const names = database
      .prepare(
        `SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite~_%' ESCAPE '~'
         AND name NOT LIKE '~_~_%' ESCAPE '~'`,
      )
      .pluck()
      .all() as string[];
    expect(namesIn('Table').sort()).toEqual(names.sort());
    for (const [name, columns] of table('Table')) {
      const info = database.pragma(`table_info(${codesIn(name)[0]})`) as { name: string }[];
      expect(codesIn(columns), name).toEqual(info.map((column) => column.name));
    }
    database.close();
  });

  it('list every dependency', () => {
    expect(namesIn('Runtime dependency').sort()).toEqual(Object.keys(manifest.dependencies).sort());
    expect(namesIn('Optional package').sort()).toEqual(Object.keys(manifest.peerDependencies).sort());
    const commands = ['docs/scale-out.md', 'docs/tracing.md'].flatMap((path) => {
      return Array.from(documentAt(path).text.matchAll(/^npm install (.*)$/gm), ([, packages = '']) => packages);
    });
    const packages = Object.entries(manifest.peerDependencies).map(([name, version]) => `${name}@${version}`);
    expect(commands.join(' ').split(' ').sort()).toEqual(packages.sort());
    expect(Object.keys(manifest.peerDependenciesMeta)).toEqual(Object.keys(manifest.peerDependencies));
    expect(namesIn('Development dependency').sort()).toEqual(Object.keys(manifest.devDependencies).sort());
  });

  it('list every type of event with what it says', () => {
    const rows = table('Event').map(([type, meaning = '']) => [codesIn(type)[0], meaning.toLowerCase()]);
    expect(rows).toEqual(Object.entries(EVENT_MEANINGS).map(([type, meaning]) => [type, `${meaning.toLowerCase()}.`]));
  });

  it('list every field of a schedule, what it does about runs that are not over, and what becomes of occurrences', () => {
    const fields = table('Field of a schedule').flatMap(([names]) => codesIn(names));
    expect(fields.sort()).toEqual(Object.keys(scheduleDefinitionSchema.shape).sort());
    expect(namesIn('Overlap')).toEqual(Object.keys(OVERLAPS));
    const outcomes = table('Outcome').map(([outcome, meaning = '']) => [codesIn(outcome)[0], meaning.toLowerCase()]);
    expect(outcomes).toEqual(Object.entries(OUTCOMES).map(([outcome, meaning]) => [outcome, `${meaning}.`]));
  });

  it('list every kind of wait', () => {
    expect(namesIn('Wait').sort()).toEqual([...runListQuerySchema.shape.waiting_for.unwrap().options].sort());
  });

  it('list every metric of ours', async () => {
    const queued = async () => 0;
    const countUnfinished = async () => ({ SUBMITTED: 0, RUNNING: 0, WAITING: 0 });
    const findOldest = async () => ({ SUBMITTED: undefined, RUNNING: undefined, WAITING: undefined });
    const countDeliveries = async () => ({ count: 0, oldestAt: undefined });
    const names = Array.from(
      (
        await createMetrics({
          queued,
          countUnfinished,
          findOldest,
          findOldestQueued: async () => undefined,
          countDeliveries,
          now: Date.now,
        }).render()
      ).matchAll(/^# TYPE (\w+)/gm),
      ([, name = '']) => name,
    );
    expect(namesIn('Metric').sort()).toEqual(names.filter((name) => name.startsWith('graphrunner_')).sort());
  });

  it('list every metric of a server that shares its database', async () => {
    const registry = new Registry();
    const figures = { claimsHeld: 0, claimsLost: 0, takeovers: 0, reconciled: 0, hintLagMs: 0, clockOffsetMs: 0 };
    sharingMetrics([registry], () => figures);
    const names = Array.from((await registry.metrics()).matchAll(/^# TYPE (\w+)/gm), ([, name = '']) => name);
    expect(namesIn('Metric on Postgres').sort()).toEqual(names.sort());
  });
});

describe('the documents', () => {
  const limits = table('What').flat().join('\n');

  it('state the limits that the code has', () => {
    for (const number of [DEFAULT_MAX_STEPS, MAX_JSON_DEPTH, MAX_LINE_LENGTH]) expect(limits).toContain(String(number));
    const large = [MAX_LINES_PER_STEP, MAX_LOG_LINES, MAX_PATCH_BYTES, MAX_DATA_BYTES];
    for (const number of [...large, MAX_LIST_ITEMS, MAX_EXPRESSIONS, MAX_EXPRESSION_CHARACTERS]) {
      expect(limits).toContain(grouped(number));
    }
    expect(limits).toContain(`${grouped(MAX_LOG_LINES)}, and ${MAX_LOG_BYTES / 1_048_576} MiB of them`);
    expect(limits).toContain(`${MAX_DEPTH} levels`);
    expect(documentAt('docs/branches.md').text).toContain(`go ${MAX_DEPTH} levels deep`);
    expect(problemOf(`1${' '.repeat(4095)}`)).toBe('');
    expect(problemOf(`1${' '.repeat(4096)}`)).toContain('4096 characters');
    expect(documentAt('docs/operations.md').text).toContain(`at ${MAX_RECOVERIES} in a row it fails`);
    for (const path of ['docs/operations.md', 'docs/api.md']) {
      expect(documentAt(path).text).toContain(`${ABORT_GRACE_MS / 1000} seconds later`);
    }
    expect(documentAt('docs/tools.md').text).toContain(grouped(MAX_RESULT_BYTES));
  });

  it('name every filter of runs', () => {
    for (const filter of Object.keys(runListQuerySchema.shape)) {
      const name = filter === 'metadata' ? '`metadata.KEY=VALUE`' : `\`${filter}\``;
      expect(documentAt('docs/api.md').text).toContain(name);
    }
  });

  it('name every status of a run', () => {
    const words = table('Word').flat().join('\n');
    for (const status of RUN_STATUSES) expect(words).toContain(`\`${status}\``);
  });

  it('ask for the Node that package.json asks for', () => {
    const { text } = documentAt('README.md');
    expect(text).toContain(`Node ${manifest.engines.node.replace('>=', '')} or later`);
  });
});

import { readdirSync, readFileSync } from 'node:fs';
import { join, posix, sep } from 'node:path';

/** A source file. `path` begins below `src/` and has forward slashes. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

interface Floor {
  readonly name: string;
  readonly holds: RegExp;
  /** Files of ours that it may import, itself included. */
  readonly mayImport: readonly RegExp[];
  /** Packages that it may import; left out, it may import any that is not confined elsewhere. */
  readonly packages?: readonly string[];
}

const CORE = /^core\//;
const DIAGRAM = /^diagram\//;
const PORT = /^store\/[^/]+$/;
const RUNS = /^runs\//;
/** The settings, and their names. */
const CONFIG = /^(config|host-setting|misnamed-settings|setting-names)\.ts$/;
const CLIENT = /^client\//;
const ENGINE = /^engine\//;
/** The server for agents; tools that call other servers are in `tools/mcp/`. */
const MCP = /^mcp\//;

/** What `core/` may use: libraries that compute, and nothing else. */
const PURE = [
  'zod',
  'fastest-levenshtein',
  'fast-deep-equal',
  '@dagrejs/graphlib',
  '@marcbachmann/cel-js',
  'ajv/dist/2020.js',
  'ajv/dist/vocabularies/core/ref.js',
  // Without a time to live, which is not used in core, it reads no clock.
  'ajv-formats/dist/formats.js',
  're2js',
  'lru-cache',
  // It is asked for instants after a moment that is given, and starts no timer.
  'croner',
  // For ids made from names, which need no chance.
  'uuid',
];

const BASE = /^core\/base\//;
const TOOL = /^core\/tool\//;
const EXPRESSIONS = /^core\/expressions\//;
const JSON_SCHEMA = /^core\/json-schema\//;
const GRAPH = /^core\/graph\//;
const SCHEDULE = /^core\/schedule\//;
const RUN = /^core\/run\//;
const REPLAY = /^core\/replay\//;
const CAPSULE = /^core\/capsule\//;

/** Imports go down only. The first floor that holds a file counts. */
export const FLOORS: readonly Floor[] = [
  { name: 'core/base', holds: BASE, mayImport: [BASE], packages: PURE },
  { name: 'core/tool', holds: TOOL, mayImport: [BASE, TOOL], packages: PURE },
  { name: 'core/expressions', holds: EXPRESSIONS, mayImport: [BASE, EXPRESSIONS], packages: PURE },
  { name: 'core/json-schema', holds: JSON_SCHEMA, mayImport: [BASE, JSON_SCHEMA], packages: PURE },
  {
    name: 'core/graph',
    holds: GRAPH,
    mayImport: [BASE, TOOL, EXPRESSIONS, JSON_SCHEMA, GRAPH],
    packages: PURE,
  },
  {
    name: 'core/hook',
    holds: /^core\/hook\//,
    mayImport: [BASE, TOOL, EXPRESSIONS, GRAPH, /^core\/hook\//],
    packages: PURE,
  },
  {
    name: 'core/schedule',
    holds: SCHEDULE,
    mayImport: [BASE, TOOL, EXPRESSIONS, JSON_SCHEMA, GRAPH, SCHEDULE],
    packages: PURE,
  },
  {
    name: 'core/run',
    holds: /^core\/run\//,
    mayImport: [BASE, TOOL, EXPRESSIONS, JSON_SCHEMA, GRAPH, RUN],
    packages: PURE,
  },
  { name: 'core/delivery', holds: /^core\/delivery\//, mayImport: [CORE], packages: PURE },
  {
    name: 'core/replay',
    holds: REPLAY,
    mayImport: [BASE, TOOL, EXPRESSIONS, JSON_SCHEMA, GRAPH, RUN, REPLAY],
    packages: PURE,
  },
  {
    name: 'core/capsule',
    holds: CAPSULE,
    mayImport: [BASE, TOOL, EXPRESSIONS, JSON_SCHEMA, GRAPH, RUN, REPLAY, CAPSULE],
    packages: PURE,
  },
  { name: 'core/explore', holds: /^core\/explore\//, mayImport: [CORE], packages: PURE },
  { name: 'diagram', holds: DIAGRAM, mayImport: [CORE, DIAGRAM], packages: ['@dagrejs/dagre'] },
  { name: 'tools', holds: /^tools\//, mayImport: [BASE, TOOL, JSON_SCHEMA, /^tools\//] },
  { name: 'demo', holds: /^demo\//, mayImport: [CORE, /^demo\//] },
  { name: 'the store port', holds: PORT, mayImport: [CORE, PORT] },
  { name: 'store/sqlite', holds: /^store\/sqlite\//, mayImport: [CORE, PORT, /^store\/sqlite\//] },
  { name: 'store/postgres', holds: /^store\/postgres\//, mayImport: [CORE, PORT, /^store\/postgres\//] },
  { name: 'runs', holds: RUNS, mayImport: [CORE, PORT, RUNS] },
  { name: 'executor', holds: /^executor\//, mayImport: [CORE, PORT, RUNS, /^executor\//] },
  { name: 'scheduler', holds: /^scheduler\//, mayImport: [CORE, PORT, RUNS, /^scheduler\//] },
  { name: 'sender', holds: /^sender\//, mayImport: [CORE, PORT, /^sender\//] },
  { name: 'engine', holds: ENGINE, mayImport: [CORE, DIAGRAM, PORT, RUNS, ENGINE] },
  { name: 'mcp', holds: MCP, mayImport: [CORE, /^engine\/engine\.ts$/, MCP] },
  { name: 'http', holds: /^http\//, mayImport: [CORE, /^engine\/engine\.ts$/, MCP, /^http\//] },
  { name: 'observe', holds: /^observe\//, mayImport: [CORE, PORT, /^observe\//] },
  // Runs in browsers, and shares nothing with the server but the API.
  {
    name: 'web',
    holds: /^web\//,
    mayImport: [/^web\//],
    packages: [
      'preact',
      'preact/hooks',
      'eventsource-parser/stream',
      'cronstrue',
      '@codemirror/state',
      '@codemirror/view',
      '@codemirror/language',
      '@codemirror/lang-json',
      '@codemirror/autocomplete',
      '@codemirror/lint',
      '@codemirror/commands',
      '@codemirror/search',
      '@codemirror/merge',
      '@lezer/highlight',
      '@lezer/common',
    ],
  },
  // Runs wherever there is fetch, browsers too, and shares nothing with the server but the API.
  { name: 'client', holds: CLIENT, mayImport: [CLIENT], packages: ['openapi-fetch', 'eventsource-parser/stream'] },
  { name: 'config', holds: CONFIG, mayImport: [CORE, CONFIG] },
  // Of the server it wires the engine, and no HTTP.
  { name: 'testing', holds: /^testing\//, mayImport: [/^(?!http\/|web\/|cli\/)/] },
  { name: 'cli', holds: /^cli\//, mayImport: [/^/] },
  {
    name: 'main',
    holds:
      /^(main|index|compose|environment|graphrunner|migrate|optional-packages|version|threads|(backtest|layout)-worker)\.ts$/,
    mayImport: [/^/],
  },
];

/** Packages that one floor alone may know. */
const CONFINED: readonly { readonly package: RegExp; readonly to: RegExp }[] = [
  { package: /^(commander|log-update|chokidar)$/, to: /^cli\// },
  { package: /^(better-sqlite3|drizzle-orm\/(better-sqlite3|sqlite-core))(\/|$)/, to: /^store\/sqlite\// },
  { package: /^(pg|pg-boss|drizzle-orm\/(node-postgres|pg-core))(\/|$)/, to: /^store\/postgres\// },
  { package: /^drizzle-orm(\/|$)/, to: /^store\/(sqlite|postgres)\// },
  { package: /^(fastify([/-]|$)|@fastify\/)/, to: /^http\// },
  { package: /^@modelcontextprotocol\/server(\/|$)/, to: MCP },
  { package: /^prom-client$/, to: /^observe\// },
  { package: /^@opentelemetry\/api$/, to: /^observe\// },
  { package: /^@opentelemetry\/(?!api$)/, to: /^observe\/export-spans\.ts$/ },
  { package: /^@dagrejs\/dagre$/, to: DIAGRAM },
  { package: /^@dagrejs\/graphlib$/, to: GRAPH },
  { package: /^croner$/, to: SCHEDULE },
  { package: /^preact(\/|$)/, to: /^web\// },
  { package: /^@(codemirror|lezer)\//, to: /^web\/(graph-editor\.ts|editor\/(places|completion)\.ts)$/ },
  { package: /^cronstrue$/, to: /^web\/cron-words\.ts$/ },
  { package: /^eventsource-parser(\/|$)/, to: /^(web|client|tools\/llm)\// },
  { package: /^openapi-fetch$/, to: CLIENT },
];

/** What would make `core/` depend on more than its arguments. */
const IMPURE =
  /\b(Date\.now|new Date\(\)|Math\.random|performance\.|setTimeout|setInterval|fetch\(|console\.|process\.|crypto\.)/;
const ENVIRONMENT = /\bprocess\s*(\.|\?\.|\[\s*['"`])\s*env\b|\benv\b[^;]*from\s*['"](node:)?process['"]/;
const MAX_LINES = 350;
/** Made of the OpenAPI document, and as long as the API has fields. */
const GENERATED: ReadonlySet<string> = new Set(['web/wire-types.ts', 'client/api-types.ts']);

/** Reads every source file below a directory. */
export function readSources(directory: string): SourceFile[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name))
    .map((name) => ({ path: name.split(sep).join('/'), text: readFileSync(join(directory, name), 'utf8') }));
}

/** Everything that breaks the rules, a line each, beginning with the file. */
export function findViolations(files: readonly SourceFile[]): string[] {
  return [...files.flatMap((file) => [...floorViolations(file), ...fileViolations(file)]), ...findCycles(files)];
}

function floorViolations(file: SourceFile): string[] {
  const floor = FLOORS.find(({ holds }) => holds.test(file.path));
  if (floor === undefined) return [`${file.path}: belongs to no floor`];
  return importsOf(file).flatMap((specifier) => {
    const target = resolve(file.path, specifier);
    const allowed =
      target === undefined ? mayUsePackage(floor, file.path, specifier) : mayUseFile(floor, file.path, target);
    return allowed ? [] : [`${file.path}: ${floor.name} may not import ${target ?? specifier}`];
  });
}

function mayUseFile(floor: Floor, from: string, target: string): boolean {
  // Tools that need settings are factories that main.ts calls.
  if (target === 'config.ts') return ['main.ts', 'graphrunner.ts'].includes(from) || from.startsWith('cli/');
  return floor.mayImport.some((pattern) => pattern.test(target));
}

function mayUsePackage(floor: Floor, from: string, specifier: string): boolean {
  if (floor.packages !== undefined && !floor.packages.includes(specifier)) return false;
  return CONFINED.every((rule) => !rule.package.test(specifier) || rule.to.test(from));
}

function fileViolations({ path, text }: SourceFile): string[] {
  const violations: string[] = [];
  const code = withoutComments(text);
  const lines = text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
  if (!/^([a-z0-9]+(-[a-z0-9]+)*\/)*[a-z0-9]+(-[a-z0-9]+)*\.tsx?$/.test(path))
    violations.push('has a name that is not kebab-case');
  if (lines > MAX_LINES && !GENERATED.has(path)) violations.push(`has ${lines} lines, more than ${MAX_LINES}`);
  if (path !== 'index.ts' && isBarrel(code)) violations.push('only passes on exports of other files');
  if (path.endsWith('/index.ts')) violations.push('is an index; only src/index.ts is one');
  if (path !== 'config.ts' && ENVIRONMENT.test(code)) violations.push('reads the environment');
  if (CORE.test(path) && IMPURE.test(code)) violations.push(`is not pure: ${IMPURE.exec(code)?.[0]}`);
  return violations.map((violation) => `${path}: ${violation}`);
}

/** A file with exports of others and none of its own. */
function isBarrel(code: string): boolean {
  return /^export\b[^;'"]*?\bfrom\s*['"]/m.test(code) && !/^export\s+(?!type\s*[{*]|[{*])/m.test(code);
}

const IMPORTS: readonly RegExp[] = [
  /^\s*(?:import|export)\b[^;'"]*?\bfrom\s*['"]([^'"]+)['"]/gm,
  /^\s*import\s*['"]([^'"]+)['"]/gm,
  /\b(?:import|require)\s*\(\s*['"`]([^'"`]+)['"`]/g,
];

/** What a file imports, as it names it: values, types, re-exports, side effects, dynamic imports. */
export function importsOf({ text }: SourceFile): string[] {
  const code = withoutComments(text);
  return IMPORTS.flatMap((pattern) => Array.from(code.matchAll(pattern), (match) => match[1] ?? ''));
}

/** Good enough for sources that a formatter has been over: comments that begin a line, or follow code and a space. */
function withoutComments(text: string): string {
  return text.replace(/^\s*\/\*[\s\S]*?\*\//gm, '').replace(/(^|\s)\/\/.*$/gm, '');
}

/** The file of ours that a specifier names; undefined for a package. */
function resolve(from: string, specifier: string): string | undefined {
  if (!specifier.startsWith('.')) return undefined;
  return posix.join(posix.dirname(from), specifier).replace(/\.js$/, '.ts');
}

/** Import cycles, types included: two files that know each other are one file in two places. */
function findCycles(files: readonly SourceFile[]): string[] {
  const imports = new Map(
    files.map((file) => [file.path, importsOf(file).flatMap((specifier) => resolve(file.path, specifier) ?? [])]),
  );
  const cycles: string[] = [];
  const done = new Set<string>();
  const visit = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path);
    if (start >= 0) cycles.push(`${path}: is in an import cycle: ${[...trail.slice(start), path].join(' -> ')}`);
    if (start >= 0 || done.has(path)) return;
    for (const target of imports.get(path) ?? []) visit(target, [...trail, path]);
    done.add(path);
  };
  for (const path of imports.keys()) visit(path, []);
  return cycles;
}

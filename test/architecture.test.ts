import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { findViolations, importsOf, readSources, type SourceFile } from './helpers/architecture.js';

const sources = readSources(fileURLToPath(new URL('../src', import.meta.url)));

describe('the sources', () => {
  it('keep to the floors', () => {
    expect(findViolations(sources)).toEqual([]);
  });

  it('are really looked at', () => {
    expect(sources.map(({ path }) => path)).toEqual(
      expect.arrayContaining(['graphrunner.ts', 'core/run/state.ts', 'http/app.ts']),
    );
    const main = sources.find(({ path }) => path === 'graphrunner.ts')!;
    expect(importsOf(main)).toEqual(expect.arrayContaining(['./config.js', './compose.js', 'pino']));
  });
});

/** A small tree in which nothing is wrong. */
const CLEAN: readonly SourceFile[] = [
  { path: 'core/base/json.ts', text: "import { z } from 'zod';\nexport const json = z;\n" },
  { path: 'core/tool/tool.ts', text: "import { json } from '../base/json.js';\n" },
  { path: 'core/graph/graph.ts', text: "import { json } from '../base/json.js';\nimport '../tool/tool.js';\n" },
  { path: 'core/run/run.ts', text: "import { z } from 'zod';\nimport '../graph/graph.js';\nexport const run = z;\n" },
  { path: 'store/store.ts', text: "import type { run } from '../core/run/run.js';\n" },
  {
    path: 'store/sqlite/open.ts',
    text: "import Database from 'better-sqlite3';\nimport type {} from '../store.js';\n",
  },
  {
    path: 'store/postgres/open.ts',
    text: "import pg from 'pg';\nimport { sql } from 'drizzle-orm';\nimport type {} from '../store.js';\n",
  },
  {
    path: 'executor/executor.ts',
    text: "import {\n  run,\n} from '../core/run/run.js';\nimport { x } from '../store/store.js';\n",
  },
  { path: 'runs/load.ts', text: "import { run } from '../core/run/run.js';\nimport { x } from '../store/store.js';\n" },
  {
    path: 'engine/engine.ts',
    text: "import { run } from '../core/run/run.js';\nimport type {} from '../store/store.js';\n",
  },
  {
    path: 'http/app.ts',
    text: "import { fastify } from 'fastify';\nimport type { Engine } from '../engine/engine.js';\n",
  },
  { path: 'tools/load.ts', text: "import '../core/tool/tool.js';\nimport { resolve } from 'node:path';\n" },
  { path: 'demo/one.ts', text: "import { run } from '../core/run/run.js';\n" },
  { path: 'config.ts', text: 'export const env = process.env;\n' },
  { path: 'index.ts', text: "export { run } from './core/run/run.js';\n" },
  {
    path: 'main.ts',
    text: "#!/usr/bin/env node\nimport './config.js';\nimport { open } from './store/sqlite/open.js';\nimport './http/app.js';\n",
  },
];

function violationsWith(path: string, text: string): string[] {
  return findViolations([...CLEAN.filter((file) => file.path !== path), { path, text }]);
}

describe('the checker', () => {
  it('finds nothing in a clean tree', () => {
    expect(findViolations(CLEAN)).toEqual([]);
  });

  it.each([
    ['core/run/a.ts', "import { x } from '../../executor/executor.js';", 'may not import executor/executor.ts'],
    ['core/run/a.ts', "import type { x } from '../../store/store.js';", 'may not import store/store.ts'],
    ['core/run/a.ts', "import { readFile } from 'node:fs';", 'may not import node:fs'],
    ['core/run/a.ts', "import { pino } from 'pino';", 'may not import pino'],
    ['core/run/a.ts', 'export const f = () => Date.now();', 'is not pure: Date.now'],
    ['core/run/a.ts', 'export const f = () => new Date();', 'is not pure: new Date()'],
    ['core/run/a.ts', 'export const f = () => Math.random();', 'is not pure: Math.random'],
    ['core/run/a.ts', "console.log('x');", 'is not pure: console.'],
    ['store/store.ts', "import type { x } from './sqlite/open.js';", 'may not import store/sqlite/open.ts'],
    ['store/store.ts', "import type Database from 'better-sqlite3';", 'may not import better-sqlite3'],
    ['store/sqlite/a.ts', "import pg from 'pg';", 'may not import pg'],
    ['store/sqlite/a.ts', "import { x } from '../postgres/open.js';", 'may not import store/postgres/open.ts'],
    ['store/postgres/a.ts', "import { x } from '../sqlite/open.js';", 'may not import store/sqlite/open.ts'],
    ['store/postgres/a.ts', "import { x } from 'drizzle-orm/sqlite-core';", 'may not import drizzle-orm/sqlite-core'],
    ['executor/a.ts', "const boss = await import('pg-boss');", 'may not import pg-boss'],
    ['store/sqlite/a.ts', "import '../../executor/executor.js';", 'may not import executor/executor.ts'],
    ['executor/a.ts', "import { x } from '../store/sqlite/open.js';", 'may not import store/sqlite/open.ts'],
    ['executor/a.ts', "import { sql } from 'drizzle-orm/sqlite-core';", 'may not import drizzle-orm/sqlite-core'],
    ['executor/a.ts', "const app = await import('../http/app.js');", 'may not import http/app.ts'],
    ['executor/a.ts', "type App = import('../http/app.js').App;", 'may not import http/app.ts'],
    ['engine/b.ts', "import { x } from '../executor/executor.js';", 'may not import executor/executor.ts'],
    ['engine/a.ts', "import { x } from '../http/app.js';", 'may not import http/app.ts'],
    ['http/a.ts', "import type { x } from '../store/store.js';", 'may not import store/store.ts'],
    ['http/a.ts', "import { x } from '../tools/load.js';", 'may not import tools/load.ts'],
    ['diagram/a.ts', "import type { x } from '../store/store.js';", 'may not import store/store.ts'],
    ['engine/b.ts', "import { layout } from '@dagrejs/dagre';", 'may not import @dagrejs/dagre'],
    ['core/run/a.ts', "import { Graph } from '@dagrejs/graphlib';", 'may not import @dagrejs/graphlib'],
    ['http/a.ts', "import { Counter } from 'prom-client';", 'may not import prom-client'],
    ['http/a.ts', "import { x } from 'eventsource-parser/stream';", 'may not import eventsource-parser/stream'],
    ['web/a.ts', "import { x } from '../core/run/run.js';", 'may not import core/run/run.ts'],
    ['web/a.ts', "import { readFile } from 'node:fs';", 'may not import node:fs'],
    ['tools/a.ts', "import { config } from '../config.js';", 'may not import config.ts'],
    ['tools/a.ts', "import type { FastifyInstance } from 'fastify';", 'may not import fastify'],
    ['demo/a.ts', "import { x } from '../tools/load.js';", 'may not import tools/load.ts'],
    ['runs/a.ts', "import { x } from '../executor/executor.js';", 'may not import executor/executor.ts'],
    ['index.ts', "export { config } from './config.js';", 'may not import config.ts'],
    ['main.ts', "import { fastify } from 'fastify';", 'may not import fastify'],
    ['main.ts', "import swagger from '@fastify/swagger';", 'may not import @fastify/swagger'],
    ['misc/a.ts', '', 'belongs to no floor'],
    ['executor/a.ts', 'export const path = process.env.PATH;', 'reads the environment'],
    ['executor/a.ts', "export const path = process['env'].PATH;", 'reads the environment'],
    ['executor/a.ts', "import { env } from 'node:process';", 'reads the environment'],
    ['executor/runQueue.ts', '', 'has a name that is not kebab-case'],
    ['executor/a.ts', "export * from './executor.js';", 'only passes on exports'],
    ['executor/a.ts', "export {\n  x,\n} from './executor.js';", 'only passes on exports'],
    ['executor/index.ts', '', 'is an index'],
    ['core/run/run.ts', "import type { run } from './run.js';", 'cycle: core/run/run.ts -> core/run/run.ts'],
    ['core/a.ts', '', 'belongs to no floor'],
    ['core/base/a.ts', "import '../tool/tool.js';", 'may not import core/tool/tool.ts'],
    ['core/tool/a.ts', "import '../graph/graph.js';", 'may not import core/graph/graph.ts'],
    ['core/expressions/a.ts', "import '../tool/tool.js';", 'may not import core/tool/tool.ts'],
    ['core/json-schema/a.ts', "import '../tool/tool.js';", 'may not import core/tool/tool.ts'],
    ['core/graph/a.ts', "import type { run } from '../run/run.js';", 'may not import core/run/run.ts'],
    ['tools/a.ts', "import { run } from '../core/run/run.js';", 'may not import core/run/run.ts'],
  ])('catches in %s: %j', (path, text, violation) => {
    const [first, ...others] = violationsWith(path, text);
    expect(first).toContain(`${path}: `);
    expect(first).toContain(violation);
    expect(others.filter((other) => !other.includes('import cycle'))).toEqual([]);
  });

  it('catches a cycle through several files, types included', () => {
    const cycle = [
      { path: 'core/run/a.ts', text: "import { b } from './b.js';" },
      { path: 'core/run/b.ts', text: "import type { c } from './c.js';" },
      { path: 'core/run/c.ts', text: "export const load = () => import('./a.js');" },
    ];
    expect(findViolations([...CLEAN, ...cycle])).toEqual([
      'core/run/a.ts: is in an import cycle: core/run/a.ts -> core/run/b.ts -> core/run/c.ts -> core/run/a.ts',
    ]);
  });

  it('catches a file that is too long, to the line', () => {
    expect(violationsWith('core/run/a.ts', '\n'.repeat(350))).toEqual([]);
    expect(violationsWith('core/run/a.ts', '\n'.repeat(351))).toEqual(['core/run/a.ts: has 351 lines, more than 350']);
  });

  it('takes no comment for code', () => {
    const text =
      "// import { x } from '../http/app.js';\n/*\nimport '../http/app.js';\n*/\nexport {}; // process.env\n";
    expect(violationsWith('core/run/a.ts', text)).toEqual([]);
  });
});

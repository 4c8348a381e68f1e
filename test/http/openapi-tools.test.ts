import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createConfig, lintFromString } from '@redocly/openapi-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { RESERVED_GRAPH_IDS } from '../../src/core/graph/definition.js';
import { MY_GRAPH } from '../../src/http/openapi/examples.js';
import { documentAt, ROOT } from '../docs/document.js';
import { generateApiTypes } from '../helpers/api-types.js';
import { failingEngine } from '../helpers/fake-engine.js';
import { appOf } from '../helpers/server.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';

let text: string;
beforeAll(async () => {
  const app = await appOf(failingEngine(new Error()));
  text = (await app.inject('/docs/json')).body;
  await app.close();
});

describe("Redocly's recommended rules", () => {
  async function lint(source: string) {
    const config = await createConfig({ extends: ['recommended'] });
    const found = await lintFromString({ source, absoluteRef: '/openapi.json', config });
    return found.map(({ ruleId, message, location }) => ({ ruleId, message, pointer: location[0]?.pointer ?? '' }));
  }

  it('find nothing in the document but paths that no id of a graph makes ambiguous', async () => {
    const found = await lint(text);
    expect(found.filter(({ ruleId }) => ruleId !== 'no-ambiguous-paths')).toEqual([]);
    for (const { pointer } of found) {
      expect(RESERVED_GRAPH_IDS, pointer).toContain(/^#\/paths\/~1graph~1(\w+)~1\{run_id\}$/.exec(pointer)?.[1]);
    }
  });

  it('would find an operation without an id, and an example that does not fit', async () => {
    const { paths, ...rest } = JSON.parse(text);
    delete paths['/graph/run'].post.operationId;
    paths['/graph/create'].post.requestBody.content['application/json'].examples = { wrong: { value: { nam: 1 } } };
    const rules = (await lint(JSON.stringify({ ...rest, paths }))).map(({ ruleId }) => ruleId);
    expect(rules).toEqual(expect.arrayContaining(['operation-operationId', 'no-invalid-media-type-examples']));
  });
});

describe('types that openapi-typescript makes of the document, with its defaults', () => {
  /** Graphs as people write them. */
  const graphs = [
    ...documentAt('README.md')
      .blocks.filter(({ file, text: block }) => file?.endsWith('.json') && block.includes('"nodes"'))
      .map(({ text: block }) => block),
    ...readdirSync(join(ROOT, 'examples'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('graph.json'))
      .map((name) => readFileSync(join(ROOT, 'examples', name), 'utf8')),
    JSON.stringify(MY_GRAPH),
  ];

  /** Lines of code that use the types, and the error that the compiler must find in each: none if the line is right. */
  const LINES: readonly (readonly [line: string, error?: string])[] = [
    ...graphs.map((graph): [string] => [assign(graph)]),
    [assign('{ "name": "No entry point", "nodes": [] }'), 'TS2741'],
    [assign('{ "name": "Misspelt", "entry_point": "a", "nodes": [], "edge": [] }'), 'TS2353'],
    [assign('{ "name": "x", "entry_point": "a", "nodes": [], "conditional_edges": [{ "from_node": "a" }] }'), 'TS2322'],
    [compare('RunEvent', "event.type === 'step.completed' ? event.patch : event.seq")],
    [compare('RunEvent', "event.type === 'step.complete'"), 'TS2367'],
    [compare('Problem', "event.code === 'run_not_found'")],
    [compare('Problem', "event.code === 'run_missing'"), 'TS2367'],
    [compare('ProblemItem', "event.code === 'unknown_tool' || event.code === 'too_big'")],
    [compare('ProblemItem', "event.code === 'unused_route'"), 'TS2367'],
    [compare('GraphWarning', "event.code === 'unused_route'")],
    [compare('GraphWarning', "event.code === 'unknown_tool'"), 'TS2367'],
  ];

  function assign(json: string): string {
    const type = "paths['/graph/create']['post']['requestBody']['content']['application/json']";
    return `export const graph: import('./api.js').${type} = ${json.replaceAll(/\s+/g, ' ')};`;
  }

  function compare(schema: string, code: string): string {
    return `export const use = (event: import('./api.js').components['schemas']['${schema}']) => ${code};`;
  }

  it('take graphs of the README and the examples as they are, and know the codes', async () => {
    expect(graphs.length).toBeGreaterThan(6);
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'api.ts'), await generateApiTypes(text));
    for (const [index, [line]] of LINES.entries()) writeFileSync(join(folder, `use${index}.ts`), line);
    const compilerOptions = { strict: true, exactOptionalPropertyTypes: true, noEmit: true, types: [] };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions }));
    const { stdout } = spawnSync(join(ROOT, 'node_modules/.bin/tsc'), [], { cwd: folder, encoding: 'utf8' });
    const found = new Map(
      Array.from(stdout.matchAll(/^use(\d+)\.ts.*?: error (\w+)/gm), ([, at, code]) => [Number(at), code]),
    );
    expect(LINES.map(([line], index) => [line, found.get(index)])).toEqual(LINES.map(([line, error]) => [line, error]));
  }, 60_000);
});

import { describe, expect, it } from 'vitest';
import { createRegistry } from '../../src/core/tool/registry.js';
import { DiagramUseCases } from '../../src/engine/diagrams.js';
import type { Store } from '../../src/store/store.js';
import { FORKED_FROM_START, JournalStore, SUBMITTED, stepAtA } from '../helpers/journal-store.js';
import { definitionOf } from '../helpers/run-driver.js';

const definition = definitionOf({
  entry_point: 'a',
  nodes: [{ name: 'a', tool_name: 'work' }],
  edges: [{ from_node: 'a', to_node: 'a' }],
});
const graph = { graphId: 'g', version: 1, name: 'g', definition, createdAt: 0 };

function diagramsOf(journals: JournalStore): DiagramUseCases {
  const store = { ...journals.store, findGraph: async () => graph, listRuns: async () => [] } as unknown as Store;
  return new DiagramUseCases({ store, registry: createRegistry([]) });
}

describe('the diagram of a run', () => {
  it('goes on after a gap in its journal, however long the journal is', async () => {
    const journals = new JournalStore();
    journals.append('fork', SUBMITTED);
    journals.append('fork', FORKED_FROM_START, 3);
    journals.append('fork', { type: 'run.started', next: 'a', step: 1 });
    for (let step = 1; step <= 600; step++) journals.append('fork', stepAtA(step));
    expect(await diagramsOf(journals).drawRun('fork', 'mermaid')).toContain('×601');
  });

  it('reads new events only, unless 500 other runs were drawn since', async () => {
    const journals = new JournalStore();
    const diagrams = diagramsOf(journals);
    const draw = async (runId: string) => {
      const text = await diagrams.drawRun(runId, 'mermaid');
      return { text, lastRead: journals.reads.at(-1) };
    };
    const names = Array.from({ length: 501 }, (_, index) => `run-${index}`);
    for (const runId of names) {
      journals.append(runId, SUBMITTED);
      journals.append(runId, { type: 'run.started', next: 'a' });
    }
    await draw('run-0');
    journals.append('run-0', stepAtA(1));
    expect(await draw('run-0')).toMatchObject({ text: expect.stringContaining('×2'), lastRead: ['run-0', 2] });
    for (const runId of names.slice(1)) await draw(runId);
    expect(await draw('run-0')).toMatchObject({ text: expect.stringContaining('×2'), lastRead: ['run-0', 0] });
  });

  it('counts each event once when several requests draw it', async () => {
    const journals = new JournalStore();
    journals.append('run', SUBMITTED);
    journals.append('run', { type: 'run.started', next: 'a' });
    for (let step = 1; step <= 600; step++) journals.append('run', stepAtA(step));
    const diagrams = diagramsOf(journals);
    const texts = await Promise.all([1, 2, 3].map(() => diagrams.drawRun('run', 'mermaid')));
    for (const text of texts) expect(text).toContain('▶ running #183; ×601');
  });
});

describe('the branches of a run on its diagram', () => {
  const listed = (count: number) =>
    Array.from({ length: Math.min(count, 100) }, (_, index) => ({ runId: `branch-${index}` }));

  async function drawWith(count: number): Promise<string> {
    const journals = new JournalStore();
    journals.append('run', SUBMITTED);
    journals.append('run', { type: 'run.started', next: 'a' });
    const started = {
      type: 'branches.started',
      step: 1,
      node: 'a',
      kind: 'for_each',
      to_nodes: ['a'],
      count,
      log_lines: [],
    };
    journals.append('run', started as never);
    for (const { runId } of listed(count)) {
      const parent = { run_id: 'run', seq: 3, index: 0, kind: 'branch' };
      journals.append(runId, { ...SUBMITTED, parent } as never);
      journals.append(runId, { type: 'run.started', next: 'a' });
    }
    const listRuns = async ({ limit }: { limit: number }) => listed(count).slice(0, limit);
    const store = { ...journals.store, findGraph: async () => graph, listRuns } as unknown as Store;
    return new DiagramUseCases({ store, registry: createRegistry([]) }).drawRun('run', 'mermaid');
  }

  it('are all counted up to a hundred; of more it says how many are', async () => {
    expect(await drawWith(100)).toMatch(/^title: "test graph"$/m);
    const text = await drawWith(150);
    expect(text).toMatch(/^title: "test graph \(counts are of 100 of 150 branches\)"$/m);
    expect(text).toContain('×101');
  });
});

it('a picture that would be too large with links to the end is drawn without them', async () => {
  const names = Array.from({ length: 60 }, (_, index) => `n${index}`);
  const large = definitionOf({
    entry_point: 'n0',
    nodes: names.flatMap((name) => [
      { name, tool_name: 'work' },
      { name: `leaf-${name}`, tool_name: 'work' },
    ]),
    conditional_edges: names.slice(1).map((otherwise, index) => ({
      from_node: `n${index}`,
      cases: [{ when: 'true', to_node: `leaf-n${index}` }],
      otherwise,
    })),
  });
  const store = { findGraph: async () => ({ ...graph, definition: large }) } as unknown as Store;
  const diagrams = new DiagramUseCases({ store, registry: createRegistry([]) });
  expect(await diagrams.drawGraph('g', 'svg')).not.toContain('>END<');
  expect(await diagrams.drawGraph('g', 'mermaid')).toContain('--> stop');
});

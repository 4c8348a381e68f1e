import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';

/** A tool that notes in a file when it begins and ends, in the order in which that happens in all processes. */
const TOOLS = `
import { appendFileSync } from 'node:fs';
export const noted = {
  name: 'noted',
  async run({ input_data }, { runId }) {
    appendFileSync('noted.log', 'begin ' + input_data.key + ' ' + runId + '\\n');
    await new Promise((resolve) => setTimeout(resolve, 5 + Math.random() * 20));
    appendFileSync('noted.log', 'end ' + input_data.key + ' ' + runId + '\\n');
    return { noted: true };
  },
};
`;

export const KEYS = ['a', 'b', 'c'];
export const LIMIT = 2;

/** Runs of one step each, of which so many with the same key are under way at a time. */
export const LIMITED = {
  graph_id: 'limited',
  name: 'limited',
  entry_point: 'noted',
  nodes: [{ name: 'noted', tool_name: 'noted' }],
  concurrency: { limit: LIMIT, key: '${ input_data.key }' },
};

/** Puts the tool into a folder; resolves with what servers there need in their environment. */
export function addNotedTool(folder: string): { TOOLS: string } {
  writeFileSync(join(folder, 'noted.mjs'), TOOLS);
  writeFileSync(join(folder, 'noted.log'), '');
  return { TOOLS: './noted.mjs' };
}

function linesOf(folder: string): string[][] {
  const lines = readFileSync(join(folder, 'noted.log'), 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => line.split(' '));
}

/** How many calls have ended so far. */
export function countEnded(folder: string): number {
  return linesOf(folder).filter(([what]) => what === 'end').length;
}

/**
 * Holds that no key had more runs at work than the limit. A call whose process died has no end: its run keeps its slot, and
 * calls the tool again.
 * @returns how many calls had to be repeated
 */
export function expectWithinLimit(folder: string, runs: number): number {
  const active = new Map(KEYS.map((key) => [key, new Set<string>()]));
  const begun = new Set<string>();
  let most = 0;
  let again = 0;
  for (const [what, key = '', runId = ''] of linesOf(folder)) {
    const line = active.get(key)!;
    if (what === 'end') line.delete(runId);
    else {
      if (begun.has(runId)) again += 1;
      begun.add(runId);
      line.add(runId);
    }
    most = Math.max(most, line.size);
  }
  expect(most).toBe(LIMIT);
  expect(begun.size).toBe(runs);
  return again;
}

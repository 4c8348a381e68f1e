import { describe, expect, it } from 'vitest';
import { finishSteps } from '../../../src/core/base/steps.js';
import { diagnose } from '../../helpers/all-steps.js';
import { replay } from '../../../src/core/replay/replay.js';
import { createRegistry } from '../../../src/core/tool/registry.js';
import { definitionOf } from '../../helpers/run-driver.js';
import { BUILT_IN, exploreGraph } from './explore-graph.js';
import { DEFECTS, SOUND } from './seeded.js';

describe('graphs with a planted defect', () => {
  it('are forty', () => {
    expect(DEFECTS).toHaveLength(40);
  });

  it.each(DEFECTS)('$name', (seeded) => {
    const { errors } = diagnose(definitionOf(seeded.graph), createRegistry([...BUILT_IN, ...(seeded.functions ?? [])]));
    expect(errors).toEqual([]);
    const began = performance.now();
    const { explored, graph } = exploreGraph(seeded);
    const took = performance.now() - began;
    if (process.env.TOLD) console.log(seeded.name, Math.round(took), explored.runs, explored.complete);
    if (process.env.TOLD) console.log(explored.findings.map(({ code, severity, pointer, message, trace }) => `${severity} ${code} ${pointer} ${message} ${JSON.stringify(trace.slice(-4))}`).join('\n'));
    const found = explored.findings.map(({ code, pointer }) => ({ code, pointer }));
    expect(found).toContainEqual(seeded.defect);
    for (const { recording, code } of explored.findings) {
      if (recording === null) continue;
      const replayed = finishSteps(replay(recording, { get: () => graph }));
      expect([code, replayed.verdict, replayed.firstDivergence, replayed.missing]).toEqual([code, 'same', null, []]);
    }
  });
});

describe('sound graphs', () => {
  it.each(SOUND)('$name', (seeded) => {
    const { explored } = exploreGraph(seeded);
    expect(explored.findings.filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(explored.complete).toBe(true);
  });
});

import { finishSteps } from '../../../src/core/base/steps.js';
import { type Exploration, type Explored, explore } from '../../../src/core/explore/explore.js';
import { createRegistry } from '../../../src/core/tool/registry.js';
import { builtInTools } from '../../../src/tools/built-in-tools.js';
import { compileGraph } from '../../helpers/all-steps.js';
import { definitionOf, START } from '../../helpers/run-driver.js';
import type { SeededGraph } from './seeded.js';

export const BUILT_IN = builtInTools({ now: () => START, httpAllow: [], llmBaseUrl: 'https://example.com/v1' });

/** Explores a graph with the tools that are built in, and its own. */
export function exploreGraph(
  { graph: document, functions = [], inputs }: SeededGraph,
  more: Partial<Exploration> = {},
): { explored: Explored; graph: Exploration['graph'] } {
  const registry = createRegistry([...BUILT_IN, ...functions]);
  const definition = definitionOf(document);
  const graph = compileGraph(definition, registry, { graphId: 'explored', version: 1 });
  const explored = finishSteps(
    explore({
      definition,
      graph,
      registry,
      findGraph: () => undefined,
      ...(inputs !== undefined && { inputs }),
      seed: 1,
      budget: { runs: 5000, steps: 20_000, isTimeOver: () => false },
      ...more,
    }),
  );
  return { explored, graph };
}

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileGraph } from '../../src/core/compile-graph.js';
import type { Problem } from '../../src/core/errors.js';
import { END } from '../../src/core/graph.js';
import { diagnose } from '../../src/core/graph-doctor.js';
import { type GeneratedGraph, looseGraphs, wildGraphs } from '../helpers/graph-arbitrary.js';
import { RunDriver } from '../helpers/run-driver.js';

const NAMES = ['n0', 'n1', 'n2', 'n3'];
const STRANGE_NAMES = ['n0', 'n1', END, '__proto__', 'constructor', 'a/b~c'];

/** The value that a JSON Pointer points at. */
function resolve(document: unknown, pointer: string): unknown {
  const tokens = pointer.split('/').slice(1);
  let value = document;
  for (const token of tokens) {
    value = (value as Record<string, unknown>)[token.replaceAll('~1', '/').replaceAll('~0', '~')];
  }
  return value;
}

/** Where each node leads directly. */
function successors({ definition, registry }: GeneratedGraph): Map<string, Set<string>> {
  const names = definition.nodes.map((node) => node.name);
  const reach = new Map(names.map((name) => [name, new Set<string>()]));
  for (const edge of definition.edges) reach.get(edge.from_node)?.add(edge.to_node);
  for (const edge of definition.conditional_edges ?? []) {
    const outcomes = registry.conditions.get(edge.condition_function)?.outcomes;
    const targets = outcomes?.map((outcome) => edge.routes?.[outcome] ?? outcome) ?? [...names, END];
    for (const target of targets) reach.get(edge.from_node)?.add(target);
  }
  for (const set of reach.values()) if (set.size === 0) set.add(END);
  return reach;
}

/** What each node can reach, by the slow and simple way: adding until nothing changes. */
function closure(generated: GeneratedGraph): Map<string, Set<string>> {
  const reach = successors(generated);
  const sets = [...reach.values()];
  const size = () => sets.reduce((sum, set) => sum + set.size, 0);
  for (let before = -1; before !== size(); ) {
    before = size();
    for (const set of sets) {
      for (const further of [...set].flatMap((target) => [...(reach.get(target) ?? [])])) set.add(further);
    }
  }
  return reach;
}

describe('the graph doctor', () => {
  it('never throws, and points into the document', () => {
    fc.assert(
      fc.property(looseGraphs(STRANGE_NAMES), ({ definition, registry }) => {
        const { errors, warnings } = diagnose(definition, registry);
        for (const problem of [...errors, ...warnings]) {
          // An outcome without a route and a missing param have no place of their own.
          const place =
            problem.code === 'invalid_params' ? problem.pointer.replace(/\/params.*$/, '') : problem.pointer;
          expect(resolve(definition, place)).toBeDefined();
          expect(problem.message).not.toBe('');
        }
      }),
      { numRuns: 300 },
    );
  });

  it('accepts only graphs whose runs never miss a function or a target', () => {
    let accepted = 0;
    fc.assert(
      fc.property(looseGraphs(NAMES, true), ({ definition, registry }) => {
        if (diagnose(definition, registry).errors.length > 0) return;
        accepted += 1;
        const graph = compileGraph(definition, registry, { graphId: 'g', version: 1 });
        const { error, status } = new RunDriver(graph, { maxSteps: 30 }).finish();
        expect(error?.code ?? status).toMatch(/^(COMPLETED|max_steps_exceeded)$/);
      }),
      { numRuns: 1000, seed: 1 },
    );
    expect(accepted).toBeGreaterThan(50);
  });

  it('warns of exactly the nodes that cannot be reached or cannot end', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(fc.oneof(looseGraphs(NAMES, true), wildGraphs), (generated) => {
        const { errors, warnings } = diagnose(generated.definition, generated.registry);
        if (errors.length > 0) return;
        for (const warning of warnings) seen.add(warning.code);
        expect(pathsOf(warnings)).toEqual(expectedPaths(generated));
      }),
      { numRuns: 1000, seed: 1 },
    );
    expect([...seen].sort()).toEqual(['endless_cycle', 'no_path_to_end', 'unreachable_node', 'unused_route']);
  });
});

function pathsOf(warnings: readonly Problem[]): string[] {
  const paths = warnings.filter((warning) => warning.code !== 'unused_route');
  return paths.map((warning) => `${warning.code} ${warning.pointer}`).sort();
}

function expectedPaths(generated: GeneratedGraph): string[] {
  const reach = closure(generated);
  const { nodes, entry_point } = generated.definition;
  const expected: string[] = [];
  for (const [index, { name }] of nodes.entries()) {
    const from = reach.get(name)!;
    if (name !== entry_point && !reach.get(entry_point)!.has(name)) expected.push(`unreachable_node /nodes/${index}`);
    if (from.has(END)) continue;
    if (!from.has(name)) expected.push(`no_path_to_end /nodes/${index}`);
    const isInCycleWith = (other: string) => from.has(other) && reach.get(other)!.has(name);
    const first = nodes.findIndex((node) => isInCycleWith(node.name));
    if (first === index) expected.push(`endless_cycle /nodes/${index}`);
  }
  return expected.sort();
}

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Problem } from '../../../../src/core/base/errors.js';
import type { CompiledGraph } from '../../../../src/core/graph/compile.js';
import { END, type OnErrorDefinition } from '../../../../src/core/graph/definition.js';

import type { ChildResult } from '../../../../src/core/run/join.js';
import type { Children } from '../../../../src/core/run/state.js';
import { compileGraph, diagnose } from '../../../helpers/all-steps.js';
import { type GeneratedGraph, looseGraphs, wildGraphs } from '../../../helpers/graph-arbitrary.js';
import { RunDriver } from '../../../helpers/run-driver.js';

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

/** Where a run can go directly from each node; with `starts`, the branches that it starts too. */
function successors(generated: GeneratedGraph, withStarts: boolean): Map<string, Set<string>> {
  const { nodes, edges, parallel_edges = [], for_each_edges = [] } = generated.definition;
  const reach = new Map(nodes.map(({ name }) => [name, new Set<string>()]));
  const lead = (from: string, targets: readonly (string | undefined)[]) => {
    for (const target of targets) if (target !== undefined) reach.get(from)?.add(target);
  };
  for (const edge of edges) lead(edge.from_node, [edge.to_node]);
  for (const { from_node, targets } of conditionalTargets(generated)) lead(from_node, targets);
  for (const { from_node, join_node, on_error, to_nodes } of parallel_edges) {
    lead(from_node, [join_node, ...exitsOf(on_error), ...(withStarts ? to_nodes : [])]);
  }
  for (const { from_node, join_node, on_error, to_node } of for_each_edges) {
    lead(from_node, [join_node, ...exitsOf(on_error), ...(withStarts ? [to_node] : [])]);
  }
  for (const set of reach.values()) if (set.size === 0) set.add(END);
  for (const node of nodes) lead(node.name, exitsOf(node.on_error));
  return reach;
}

function exitsOf(onError: OnErrorDefinition | undefined): readonly (string | undefined)[] {
  return Array.isArray(onError) ? onError.map(({ to_node }) => to_node) : [onError];
}

function conditionalTargets({ definition, registry }: GeneratedGraph) {
  const anywhere = [...definition.nodes.map(({ name }) => name), END];
  return (definition.conditional_edges ?? []).map((edge) => {
    const { from_node, condition_function: name, cases = [], otherwise, routes } = edge;
    if (name === undefined) return { from_node, targets: [...cases.map(({ to_node }) => to_node), otherwise] };
    const outcomes = registry.conditions.get(name)?.outcomes;
    return { from_node, targets: outcomes?.map((outcome) => routes?.[outcome] ?? outcome) ?? anywhere };
  });
}

/** What each node can reach, by the slow and simple way: adding until nothing changes. */
function closure(generated: GeneratedGraph, withStarts: boolean): Map<string, Set<string>> {
  const reach = successors(generated, withStarts);
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

/** Runs a graph and all its branches, and checks that branches keep to themselves. */
class Family {
  #runs = 0;

  constructor(
    readonly graph: CompiledGraph,
    /** The graph's own conditions cannot surprise the doctor. */
    readonly isForeseeable: boolean,
  ) {}

  /** Runs to the end, or until there have been too many runs; returns what nodes were visited. */
  run(driver: RunDriver): Set<string> {
    const visited = new Set<string>();
    for (;;) {
      driver.finish();
      const command = driver.decide();
      if (command.type !== 'children') break;
      const { children } = command;
      const perChild = Array.from({ length: children.count }, (_, index) => this.#child(driver, children, index));
      if (this.isForeseeable) this.#checkSiblings(children, perChild);
      for (const { nodes } of perChild) for (const node of nodes) visited.add(node);
      driver.settleChildren(...perChild.map(({ result }) => result));
    }
    for (const { event } of driver.records) if ('node' in event && event.node !== undefined) visited.add(event.node);
    return visited;
  }

  #child({ state, graph }: RunDriver, { toNodes, joinNode, seq }: Children, index: number) {
    this.#runs += 1;
    const depth = (state.parent?.depth ?? 0) + 1;
    const driver = new RunDriver(graph, {
      maxSteps: 6,
      submitted: {
        parent: { run_id: state.runId, seq, index, kind: 'branch', depth },
        entry_node: toNodes[index] ?? toNodes[0]!,
        join_node: joinNode!,
      },
      inherited: { inputData: state.inputData, data: state.data, item: index },
    });
    if (this.#runs > 300) driver.append({ type: 'cancel.requested' });
    const nodes = this.run(driver);
    const { status, own, error } = driver.view;
    const result: ChildResult = { index, runId: `${index}`, status, finishedAt: 0, data: own!, error };
    return { nodes, result };
  }

  #checkSiblings({ kind, node, joinNode }: Children, perChild: readonly { nodes: Set<string> }[]): void {
    const seen = new Set<string>();
    for (const { nodes } of perChild) {
      expect(nodes).not.toContain(node);
      expect(nodes).not.toContain(joinNode);
      for (const one of nodes) {
        if (kind === 'parallel') expect(seen).not.toContain(one);
        seen.add(one);
      }
    }
  }
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

  it('accepts only graphs whose runs never miss a function or a target, and whose branches keep to themselves', () => {
    let accepted = 0;
    const types = new Set<string>();
    fc.assert(
      fc.property(looseGraphs(NAMES, true), ({ definition, registry }) => {
        if (diagnose(definition, registry).errors.length > 0) return;
        accepted += 1;
        const graph = compileGraph(definition, registry, { graphId: 'g', version: 1 });
        const isForeseeable = definition.conditional_edges?.every((edge) => edge.condition_function !== 'free') ?? true;
        const driver = new RunDriver(graph, { maxSteps: 12 });
        new Family(graph, isForeseeable).run(driver);
        const { error, status } = driver.view;
        for (const type of driver.types()) types.add(type);
        expect(error?.code ?? status).toMatch(
          /^(COMPLETED|max_steps_exceeded|branch_failed|join_failed|depth_exceeded)$/,
        );
      }),
      { numRuns: 3000, seed: 1 },
    );
    expect(accepted).toBeGreaterThan(100);
    expect([...types]).toEqual(expect.arrayContaining(['branches.started', 'branches.joined']));
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
      { numRuns: 3000, seed: 1 },
    );
    expect([...seen].sort()).toEqual([
      'endless_cycle',
      'no_path_to_end',
      'unreachable_entry',
      'unreachable_node',
      'unthrown_code',
      'unused_route',
    ]);
  });
});

function pathsOf(warnings: readonly Problem[]): string[] {
  const others = ['unused_route', 'unreachable_entry', 'unthrown_code'];
  const paths = warnings.filter(({ code }) => !others.includes(code));
  return paths.map((warning) => `${warning.code} ${warning.pointer}`).sort();
}

function expectedPaths(generated: GeneratedGraph): string[] {
  const reach = closure(generated, false);
  const reachOrStart = closure(generated, true);
  const { nodes, entry_point } = generated.definition;
  const expected: string[] = [];
  for (const [index, { name }] of nodes.entries()) {
    const from = reach.get(name)!;
    if (name !== entry_point && !reachOrStart.get(entry_point)!.has(name))
      expected.push(`unreachable_node /nodes/${index}`);
    if (from.has(END)) continue;
    if (!from.has(name)) expected.push(`no_path_to_end /nodes/${index}`);
    const isInCycleWith = (other: string) => from.has(other) && reach.get(other)!.has(name);
    const first = nodes.findIndex((node) => isInCycleWith(node.name));
    if (first === index) expected.push(`endless_cycle /nodes/${index}`);
  }
  return expected.sort();
}

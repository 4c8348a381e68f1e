import type { Problem } from '../../base/errors.js';
import { pointerToken } from '../../base/json.js';
import { didYouMean } from '../../base/nearest-name.js';
import { compileJsonSchema } from '../../json-schema/json-schema.js';
import type { Registry } from '../../tool/registry.js';
import { type ConditionalEdgeDefinition, END, type GraphDefinition, type NodeDefinition } from '../definition.js';
import { checkCases, checkItems, ExpressionBudget } from './expressions.js';
import { checkParams } from './params.js';

/** Looking for the nearest of 1000 long names takes milliseconds: a document full of misspelt names must stay cheap. */
const MAX_HINTS = 20;

interface Context {
  readonly registry: Registry;
  /** The nodes that edges can name. */
  readonly names: ReadonlySet<string>;
  /** The nodes, and END. */
  readonly targets: ReadonlySet<string>;
  readonly hintFor: (name: string, known: Iterable<string>) => { hint?: string };
  readonly budget: ExpressionBudget;
  /** Where the edge stands that leaves a node. */
  readonly leaving: Map<string, string>;
}

/** Finds everything in the parts of a definition for which it cannot be run, in the order of the document. */
export function findErrors(definition: GraphDefinition, registry: Registry): Problem[] {
  const names = new Set(definition.nodes.map((node) => node.name));
  names.delete(END);
  const targets = new Set([...names, END]);
  const budget = new ExpressionBudget();
  const context = { registry, names, targets, hintFor: hinter(), budget, leaving: new Map<string, string>() };
  return [
    ...checkSource(definition.entry_point, '/entry_point', context),
    ...checkNodes(definition.nodes, context),
    ...checkEdges(definition, context),
    ...checkBranchings(definition, context),
    ...checkInputSchema(definition.input_schema),
  ];
}

function checkNodes(nodes: readonly NodeDefinition[], context: Context): Problem[] {
  const taken = new Map<string, string>();
  return nodes.flatMap((node, index) => {
    const pointer = `/nodes/${index}`;
    return [
      ...checkNodeName(node.name, pointer, taken),
      ...checkTool(node, pointer, context),
      ...checkParams(node, context.registry.tools.get(node.tool_name), `${pointer}/params`, context.budget),
      ...checkOnError(node, pointer, context),
    ];
  });
}

function checkEdges({ edges, conditional_edges = [] }: GraphDefinition, context: Context): Problem[] {
  const plain = edges.flatMap((edge, index) => {
    const pointer = `/edges/${index}`;
    return [
      ...checkSource(edge.from_node, `${pointer}/from_node`, context),
      ...checkTarget(edge.to_node, `${pointer}/to_node`, context),
      ...checkConflict(edge.from_node, pointer, context),
    ];
  });
  const conditional = conditional_edges.flatMap((edge, index) => {
    const pointer = `/conditional_edges/${index}`;
    return [
      ...checkSource(edge.from_node, `${pointer}/from_node`, context),
      ...checkCondition(edge, pointer, context),
      ...checkRoutes(edge, pointer, context),
      ...checkCases(edge, pointer, context.budget),
      ...checkConflict(edge.from_node, pointer, context),
    ];
  });
  return [...plain, ...conditional];
}

function checkBranchings({ parallel_edges = [], for_each_edges = [] }: GraphDefinition, context: Context): Problem[] {
  const parallel = parallel_edges.flatMap((edge, index) => {
    const pointer = `/parallel_edges/${index}`;
    return [
      ...checkSource(edge.from_node, `${pointer}/from_node`, context),
      ...edge.to_nodes.flatMap((name, at) => checkSource(name, `${pointer}/to_nodes/${at}`, context)),
      ...checkTarget(edge.join_node, `${pointer}/join_node`, context),
      ...checkOnError(edge, pointer, context),
      ...checkConflict(edge.from_node, pointer, context),
    ];
  });
  const forEach = for_each_edges.flatMap((edge, index) => {
    const pointer = `/for_each_edges/${index}`;
    return [
      ...checkSource(edge.from_node, `${pointer}/from_node`, context),
      ...checkItems(edge, pointer, context.budget),
      ...checkSource(edge.to_node, `${pointer}/to_node`, context),
      ...checkTarget(edge.join_node, `${pointer}/join_node`, context),
      ...checkOnError(edge, pointer, context),
      ...checkConflict(edge.from_node, pointer, context),
    ];
  });
  return [...parallel, ...forEach];
}

function checkInputSchema(schema: GraphDefinition['input_schema']): Problem[] {
  const { problems = [] } = schema === undefined ? {} : compileJsonSchema(schema);
  return problems.map((problem) => ({ ...problem, pointer: `/input_schema${problem.pointer}` }));
}

/** Gives hints for the first names that it is asked for, and none after that. */
function hinter(): Context['hintFor'] {
  let asked = 0;
  return (name, known) => {
    asked += 1;
    return asked > MAX_HINTS ? {} : didYouMean(name, known);
  };
}

/** A name that must be a node's: where runs begin, or where an edge does. */
function checkSource(name: string, pointer: string, { names, hintFor }: Context): Problem[] {
  if (names.has(name)) return [];
  if (name === END) {
    const message = `"${END}" is reserved for the end of a run. Name a node here.`;
    return [{ pointer, code: 'reserved_name', message }];
  }
  const message = `There is no node "${name}". Name one of the graph's nodes.`;
  return [{ pointer, code: 'unknown_node', message, ...hintFor(name, names) }];
}

function checkTarget(name: string, pointer: string, { targets, hintFor }: Context): Problem[] {
  if (targets.has(name)) return [];
  const message = `There is no node "${name}". Name one of the graph's nodes, or "${END}" to end the run.`;
  return [{ pointer, code: 'unknown_node', message, ...hintFor(name, targets) }];
}

function checkNodeName(name: string, pointer: string, taken: Map<string, string>): Problem[] {
  const place = { pointer: `${pointer}/name` };
  if (name === END) {
    const message = `"${END}" is reserved for the end of a run. Give the node another name.`;
    return [{ ...place, code: 'reserved_name', message }];
  }
  const earlier = taken.get(name);
  if (earlier !== undefined) {
    const message = `${earlier} is named "${name}" too. Give each node a name of its own.`;
    return [{ ...place, code: 'duplicate_node', message }];
  }
  taken.set(name, pointer);
  return [];
}

function checkTool(node: NodeDefinition, pointer: string, { registry, hintFor }: Context): Problem[] {
  if (registry.tools.has(node.tool_name)) return [];
  const message = `There is no tool "${node.tool_name}". Name a registered tool.`;
  const hint = hintFor(node.tool_name, registry.tools.keys());
  return [{ pointer: `${pointer}/tool_name`, code: 'unknown_tool', message, ...hint }];
}

function checkOnError(
  { on_error: to }: { on_error?: string | undefined },
  pointer: string,
  context: Context,
): Problem[] {
  return to === undefined ? [] : checkTarget(to, `${pointer}/on_error`, context);
}

function checkCondition(edge: ConditionalEdgeDefinition, pointer: string, context: Context): Problem[] {
  const { registry, targets, hintFor } = context;
  const name = edge.condition_function;
  if (name === undefined) return [];
  const condition = registry.conditions.get(name);
  if (condition === undefined) {
    const message = `There is no condition "${name}". Name a registered condition.`;
    const hint = hintFor(name, registry.conditions.keys());
    return [{ pointer: `${pointer}/condition_function`, code: 'unknown_condition', message, ...hint }];
  }
  const routed = new Set(Object.keys(edge.routes ?? {}));
  const isKnown = (outcome: string) => routed.has(outcome) || targets.has(outcome);
  return (condition.outcomes ?? [])
    .filter((outcome) => !isKnown(outcome))
    .map((outcome) => {
      const message = `The condition "${name}" can answer "${outcome}", which is no node. Add a route for it, or a node of that name.`;
      return { pointer, code: 'unknown_outcome', message, ...hintFor(outcome, targets) };
    });
}

/** The targets of a conditional edge: of its routes, or of its cases. */
function checkRoutes(edge: ConditionalEdgeDefinition, pointer: string, context: Context): Problem[] {
  const { routes = {}, cases = [], otherwise } = edge;
  return [
    ...Object.entries(routes).flatMap(([outcome, target]) =>
      checkTarget(target, `${pointer}/routes${pointerToken(outcome)}`, context),
    ),
    ...cases.flatMap(({ to_node }, at) => checkTarget(to_node, `${pointer}/cases/${at}/to_node`, context)),
    ...(otherwise === undefined ? [] : checkTarget(otherwise, `${pointer}/otherwise`, context)),
  ];
}

/** A run must know its way: one edge of one kind leaves a node. */
function checkConflict(from: string, pointer: string, { leaving }: Context): Problem[] {
  const earlier = leaving.get(from);
  if (earlier === undefined) {
    leaving.set(from, pointer);
    return [];
  }
  const message = `${earlier} leaves "${from}" already, and a node has one way on. Remove one of the two, or choose by a condition.`;
  return [{ pointer, code: 'conflicting_edges', message }];
}

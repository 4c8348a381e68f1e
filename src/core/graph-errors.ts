import { messageOf, type Problem } from './errors.js';
import { type ConditionalEdgeDefinition, END, type GraphDefinition, type NodeDefinition, paramsOf } from './graph.js';
import { pointerToken, toPointer } from './json.js';
import { didYouMean } from './nearest-name.js';
import type { Registry } from './registry.js';
import type { AnyTool } from './tool.js';

/** Looking for the nearest of 1000 long names takes milliseconds: a document full of misspelt names must stay cheap. */
const MAX_HINTS = 20;
/** Problems told of the params of one node. */
const MAX_PARAM_PROBLEMS = 20;

interface Context {
  readonly registry: Registry;
  /** The nodes that edges can name. */
  readonly names: ReadonlySet<string>;
  /** The nodes, and END. */
  readonly targets: ReadonlySet<string>;
  readonly hintFor: (name: string, known: Iterable<string>) => { hint?: string };
}

/** Finds everything for which a definition cannot be run, in the order of the document. */
export function findErrors(definition: GraphDefinition, registry: Registry): Problem[] {
  const { entry_point, nodes, edges, conditional_edges = [] } = definition;
  const names = new Set(nodes.map((node) => node.name));
  names.delete(END);
  const context = { registry, names, targets: new Set([...names, END]), hintFor: hinter() };
  const takenNodes = new Map<string, string>();
  const takenSources = new Map<string, string>();
  const problems = checkSource(entry_point, '/entry_point', context);
  for (const [index, node] of nodes.entries()) {
    const pointer = `/nodes/${index}`;
    problems.push(...checkNodeName(node.name, pointer, takenNodes), ...checkTool(node, pointer, context));
  }
  for (const [index, edge] of edges.entries()) {
    const pointer = `/edges/${index}`;
    problems.push(
      ...checkSource(edge.from_node, `${pointer}/from_node`, context),
      ...checkTarget(edge.to_node, `${pointer}/to_node`, context),
      ...checkConflict(edge.from_node, pointer, takenSources),
    );
  }
  for (const [index, edge] of conditional_edges.entries()) {
    const pointer = `/conditional_edges/${index}`;
    problems.push(
      ...checkSource(edge.from_node, `${pointer}/from_node`, context),
      ...checkCondition(edge, pointer, context),
      ...checkRoutes(edge, pointer, context),
      ...checkConflict(edge.from_node, pointer, takenSources),
    );
  }
  return problems;
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
  const tool = registry.tools.get(node.tool_name);
  if (tool !== undefined) return checkParams(tool, node, `${pointer}/params`);
  const message = `There is no tool "${node.tool_name}". Name a registered tool.`;
  const hint = hintFor(node.tool_name, registry.tools.keys());
  return [{ pointer: `${pointer}/tool_name`, code: 'unknown_tool', message, ...hint }];
}

function checkParams(tool: AnyTool, node: NodeDefinition, pointer: string): Problem[] {
  const code = 'invalid_params';
  try {
    const parsed = tool.params?.safeParse(paramsOf(node));
    if (parsed === undefined || parsed.success) return [];
    const { issues } = parsed.error;
    const problems = issues
      .slice(0, MAX_PARAM_PROBLEMS)
      .map(({ path, message }) => ({ pointer: pointer + toPointer(path), code, message: messageOf(message) }));
    const more = issues.length - problems.length;
    if (more > 0) problems.push({ pointer, code, message: `The params have ${more} more problems.` });
    return problems;
  } catch (thrown) {
    const message = `The tool "${node.tool_name}" could not check the params: ${messageOf(thrown)}`;
    return [{ pointer, code, message }];
  }
}

function checkCondition(edge: ConditionalEdgeDefinition, pointer: string, context: Context): Problem[] {
  const { registry, targets, hintFor } = context;
  const name = edge.condition_function;
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

function checkRoutes(edge: ConditionalEdgeDefinition, pointer: string, context: Context): Problem[] {
  return Object.entries(edge.routes ?? {}).flatMap(([outcome, target]) =>
    checkTarget(target, `${pointer}/routes${pointerToken(outcome)}`, context),
  );
}

/** A run must know its way: one edge of one kind leaves a node. */
function checkConflict(from: string, pointer: string, taken: Map<string, string>): Problem[] {
  const earlier = taken.get(from);
  if (earlier === undefined) {
    taken.set(from, pointer);
    return [];
  }
  const message = `${earlier} leaves "${from}" already, and a node has one way on. Remove one of the two, or choose by a condition.`;
  return [{ pointer, code: 'conflicting_edges', message }];
}

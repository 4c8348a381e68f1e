import { didYouMean } from '../../base/nearest-name.js';
import type { Steps } from '../../base/steps.js';
import { compileTemplate } from '../../expressions/templates.js';
import { compileInSteps } from '../../json-schema/json-schema.js';
import type { Registry } from '../../tool/registry.js';
import { END, type GraphDefinition, type NodeDefinition } from '../definition.js';
import { type ConditionEdge, type Edge, edgesOf } from '../edges.js';
import { expressionsOf, retryRulesOf } from '../error-entries.js';
import type { PlacedName } from '../placed.js';
import type { GraphError } from './codes.js';
import { checkExpressions, ExpressionBudget, expressionsIn } from './expressions.js';
import { checkParams } from './params.js';

/** Finding the nearest of 1000 long names takes milliseconds: a document full of misspelt names must stay cheap. */
const MAX_HINTS = 20;

interface Context {
  readonly registry: Registry;
  /** The nodes that edges can name. */
  readonly names: ReadonlySet<string>;
  /** The nodes, and END. */
  readonly targets: ReadonlySet<string>;
  readonly hintFor: (name: string, known: Iterable<string>) => { hint?: string };
  readonly budget: ExpressionBudget;
  /** The name of a node -> the pointer of the edge that leaves it. */
  readonly leaving: Map<string, string>;
}

/** What the parts of a definition say. */
interface PartFindings {
  readonly errors: GraphError[];
  /** The secrets that the params of each node name, in the order of the nodes. */
  readonly secretNames: readonly (readonly string[])[];
}

/** Finds everything in the parts of a definition for which it cannot be run, in the order of the document. */
export function* findErrors(definition: GraphDefinition, registry: Registry): Steps<PartFindings> {
  const names = new Set(definition.nodes.map((node) => node.name));
  names.delete(END);
  const targets = new Set([...names, END]);
  const budget = new ExpressionBudget();
  const context = { registry, names, targets, hintFor: createHintFor(), budget, leaving: new Map<string, string>() };
  const edges = edgesOf(definition);
  const errors: GraphError[] = checkSource({ name: definition.entry_point, pointer: '/entry_point' }, context);
  const secretNames = yield* checkNodes(definition.nodes, edges, context, errors);
  for (const edge of edges) {
    for (const error of yield* checkEdge(edge, context)) errors.push(error);
    yield;
  }
  const inSchema = yield* checkInputSchema(definition.input_schema);
  return { errors: [...errors, ...inSchema, ...(yield* checkConcurrency(definition, budget))], secretNames };
}

/** Adds what is wrong with nodes; returns the secrets that each names. */
function* checkNodes(
  nodes: readonly NodeDefinition[],
  edges: readonly Edge[],
  context: Context,
  errors: GraphError[],
): Steps<(readonly string[])[]> {
  const errorEdges = new Map(edges.flatMap((edge) => (edge.kind === 'error' ? [[edge.pointer, edge]] : [])));
  const taken = new Map<string, string>();
  const secretNames: (readonly string[])[] = [];
  for (const [index, node] of nodes.entries()) {
    const pointer = `/nodes/${index}`;
    const tool = context.registry.tools.get(node.tool_name);
    errors.push(...checkNodeName(node.name, pointer, taken), ...checkTool(node, pointer, context));
    const params = yield* checkParams(node, tool, `${pointer}/params`, context.budget);
    errors.push(...params.problems);
    secretNames.push(params.secretNames);
    const retries = expressionsOf(retryRulesOf(node, `${pointer}/retry`));
    errors.push(...(yield* checkExpressions(retries, context.budget)));
    const { targets = [], expressions = [] } = errorEdges.get(pointer) ?? {};
    for (const target of targets) errors.push(...checkTarget(target, context));
    errors.push(...(yield* checkExpressions(expressions, context.budget)));
    yield;
  }
  return secretNames;
}

function* checkEdge(edge: Edge, context: Context): Steps<GraphError[]> {
  switch (edge.kind) {
    case 'error':
      // Checked with its node, as the document has it.
      return [];
    case 'edge':
      return [...checkSource(edge.from, context), ...checkNames(edge, context), ...checkConflict(edge, context)];
    case 'parallel':
      return [
        ...checkSource(edge.from, context),
        ...checkNames(edge, context),
        ...(yield* checkExpressions(edge.expressions, context.budget)),
        ...checkConflict(edge, context),
      ];
    case 'condition':
      return [
        ...checkSource(edge.from, context),
        ...checkCondition(edge, context),
        ...checkNames(edge, context),
        ...checkConflict(edge, context),
      ];
    case 'cases':
      return [
        ...checkSource(edge.from, context),
        ...checkNames(edge, context),
        ...(yield* checkExpressions(edge.expressions, context.budget)),
        ...checkConflict(edge, context),
      ];
    case 'for_each':
      return [
        ...checkSource(edge.from, context),
        ...(yield* checkExpressions(edge.expressions, context.budget)),
        ...checkNames(edge, context),
        ...checkConflict(edge, context),
      ];
  }
}

/** Where an edge leads: branches begin at nodes, and runs can go to END too. */
function checkNames({ starts, targets }: Edge, context: Context): GraphError[] {
  return [
    ...starts.flatMap((start) => checkSource(start, context)),
    ...targets.flatMap((target) => checkTarget(target, context)),
  ];
}

function* checkInputSchema(schema: GraphDefinition['input_schema']): Steps<GraphError[]> {
  const { problems = [] } = schema === undefined ? {} : yield* compileInSteps(schema);
  return problems.map((problem) => ({ ...problem, pointer: `/input_schema${problem.pointer}` }));
}

/** A key has no secrets: it is stored, and shown. */
function* checkConcurrency({ concurrency }: GraphDefinition, budget: ExpressionBudget): Steps<GraphError[]> {
  const { key } = concurrency ?? {};
  if (key === undefined) return [];
  const pointer = '/concurrency/key';
  const problems: GraphError[] = [];
  if (!budget.allows(yield* expressionsIn(key), pointer, problems)) return problems;
  const { problems: unreadable } = yield* compileTemplate(key, { secrets: false });
  return [...problems, ...unreadable.map((problem) => ({ ...problem, pointer }))];
}

/** Returns a function that gives hints for the first names, and none after that. */
function createHintFor(): Context['hintFor'] {
  let asked = 0;
  return (name, known) => {
    asked += 1;
    return asked > MAX_HINTS ? {} : didYouMean(name, known);
  };
}

/** A name that must be a node's: where runs begin, or where an edge does. */
function checkSource({ name, pointer }: PlacedName, { names, hintFor }: Context): GraphError[] {
  if (names.has(name)) return [];
  if (name === END) {
    const message = `"${END}" is reserved for the end of a run. Name a node here.`;
    return [{ pointer, code: 'reserved_name', message }];
  }
  const message = `There is no node "${name}". Name one of the graph's nodes.`;
  return [{ pointer, code: 'unknown_node', message, ...hintFor(name, names) }];
}

function checkTarget({ name, pointer }: PlacedName, { targets, hintFor }: Context): GraphError[] {
  if (targets.has(name)) return [];
  const message = `There is no node "${name}". Name one of the graph's nodes, or "${END}" to end the run.`;
  return [{ pointer, code: 'unknown_node', message, ...hintFor(name, targets) }];
}

function checkNodeName(name: string, pointer: string, taken: Map<string, string>): GraphError[] {
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

function checkTool(node: NodeDefinition, pointer: string, { registry, hintFor }: Context): GraphError[] {
  if (registry.tools.has(node.tool_name)) return [];
  const reason = registry.whyNoTool?.(node.tool_name) ?? 'Name a registered tool.';
  const message = `There is no tool "${node.tool_name}". ${reason}`;
  const hint = hintFor(node.tool_name, registry.tools.keys());
  return [{ pointer: `${pointer}/tool_name`, code: 'unknown_tool', message, ...hint }];
}

function checkCondition(
  { pointer, condition: { name, ...place }, routes }: ConditionEdge,
  context: Context,
): GraphError[] {
  const { registry, targets, hintFor } = context;
  const condition = registry.conditions.get(name);
  if (condition === undefined) {
    const message = `There is no condition "${name}". Name a registered condition.`;
    return [{ ...place, code: 'unknown_condition', message, ...hintFor(name, registry.conditions.keys()) }];
  }
  const isKnown = (outcome: string) => routes.has(outcome) || targets.has(outcome);
  return (condition.outcomes ?? [])
    .filter((outcome) => !isKnown(outcome))
    .map((outcome) => {
      const message = `The condition "${name}" can answer "${outcome}", which is no node. Add a route for it, or a node of that name.`;
      return { pointer, code: 'unknown_outcome', message, ...hintFor(outcome, targets) };
    });
}

/** A node has one way on: at most one edge, of any kind, leaves it. */
function checkConflict({ from: { name: from }, pointer }: Edge, { leaving }: Context): GraphError[] {
  const earlier = leaving.get(from);
  if (earlier === undefined) {
    leaving.set(from, pointer);
    return [];
  }
  const message = `${earlier} leaves "${from}" already, and a node has one way on. Remove one of the two, or choose by a condition.`;
  return [{ pointer, code: 'conflicting_edges', message }];
}

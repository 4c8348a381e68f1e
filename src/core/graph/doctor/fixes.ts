import isDeepEqual from 'fast-deep-equal';
import { z } from 'zod';
import { addFixes } from '../../base/certain-fixes.js';
import type { Problem } from '../../base/errors.js';
import { proposeFix } from '../../base/form-fixes.js';
import { type Json, type JsonObject, pathOf, toPointer } from '../../base/json.js';
import { type JsonPatch, type PatchOperation, parentOf, valueAtPointer } from '../../base/json-patch.js';
import { surelyMeant } from '../../base/nearest-name.js';
import { problemsOf } from '../../base/problems.js';
import type { Steps } from '../../base/steps.js';
import { FORMATS } from '../../json-schema/formats.js';
import type { Registry } from '../../tool/registry.js';
import type { Condition } from '../../tool/tool.js';
import { catchableBy } from '../catchable.js';
import {
  type ConditionalEdgeDefinition,
  END,
  type GraphDefinition,
  type NodeDefinition,
  paramsOf,
} from '../definition.js';
import type { GRAPH_ERRORS, GRAPH_WARNINGS } from './codes.js';
import { type Diagnosis, diagnose, type Surroundings } from './doctor.js';
import type { KnownGraphs } from './unknown-graphs.js';

type Code = keyof typeof GRAPH_ERRORS | keyof typeof GRAPH_WARNINGS;

/** What a fix is made of. */
interface Case {
  readonly definition: GraphDefinition;
  readonly registry: Registry;
  readonly surroundings: Surroundings;
  readonly pointer: string;
  /** What the pointer names. */
  readonly value: Json | undefined;
}

type Propose = (found: Case) => JsonPatch | undefined;

/** As `diagnose`, with fixes for the findings of which it is certain how they are corrected. */
export function* diagnoseWithFixes(
  definition: GraphDefinition,
  registry: Registry,
  surroundings: Surroundings = {},
): Steps<Diagnosis> {
  const found = yield* diagnose(definition, registry, surroundings);
  if (found.errors.length === 0 && found.warnings.length === 0) return found;
  return yield* addFixes(definition as unknown as Json, found, {
    propose({ pointer, code }: Problem) {
      const value = valueAtPointer(definition, pointer) as Json | undefined;
      return PROPOSALS[code as Code]?.({ definition, registry, surroundings, pointer, value });
    },
    check: (changed) => diagnose(changed as unknown as GraphDefinition, registry, surroundings),
  });
}

/** What can correct each finding; null where only a person can tell what was meant. */
const PROPOSALS: Readonly<Record<Code, Propose | null>> = {
  unknown_node: ({ definition, ...found }) => rename(found, [...nodeNames(definition), END]),
  unknown_tool: ({ registry, ...found }) => rename(found, registry.tools.keys()),
  unknown_condition: ({ registry, ...found }) => rename(found, registry.conditions.keys()),
  unknown_outcome: addRoute,
  duplicate_node: removeTwin,
  reserved_name: null,
  conflicting_edges: removeTwin,
  invalid_params: correctParams,
  invalid_expression: null,
  invalid_schema: null,
  empty_branch: removeBranch,
  overlapping_branches: ({ value, pointer, definition }) =>
    branchesAt(definition, pointer)?.filter((name) => name === value).length === 2 ? remove(pointer) : undefined,
  crossing_joins: null,
  unreachable_join: null,
  impossible_join: ({ pointer }) => (pointer.endsWith('/max_failures') ? remove(pointer) : undefined),
  endless_recursion: null,
  more_errors: null,
  unreachable_node: null,
  endless_cycle: null,
  no_path_to_end: null,
  unused_route: correctRoute,
  unset_secret: null,
  unknown_graph: ({ surroundings, ...found }) => rename(found, (surroundings.graphs as KnownGraphs).ids),
  unreachable_entry: null,
  unthrown_code: correctCode,
  unused_setting: ({ pointer }) => remove(pointer),
  double_braces: correctBraces,
  unknown_format: (found) => rename(found, FORMATS.keys()),
  undescribed_tool: null,
  too_many_descendants: null,
  more_warnings: null,
};

/** The codes of the findings that can have a fix. */
export const FIXABLE: readonly string[] = Object.keys(PROPOSALS).filter((code) => PROPOSALS[code as Code] !== null);

function rename({ value, pointer }: Pick<Case, 'value' | 'pointer'>, known: Iterable<string>): JsonPatch | undefined {
  const meant = surelyMeant(String(value), known);
  return meant === undefined ? undefined : [{ op: 'replace', path: pointer, value: meant }];
}

function remove(path: string): JsonPatch {
  return [{ op: 'remove', path }];
}

function nodeAt({ nodes }: GraphDefinition, index: string | undefined): NodeDefinition {
  return nodes[Number(index)] as NodeDefinition;
}

function nodeNames({ nodes }: GraphDefinition): string[] {
  return nodes.map(({ name }) => name);
}

/** An item that is in its list twice. The pointer of a node with a taken name is that of the name. */
function removeTwin({ definition, pointer }: Case): JsonPatch | undefined {
  const place = pointer.endsWith('/name') ? parentOf(pointer) : pointer;
  const list = valueAtPointer(definition, parentOf(place)) as readonly unknown[];
  const twins = list.filter((item) => isDeepEqual(item, valueAtPointer(definition, place)));
  return twins.length > 1 ? remove(place) : undefined;
}

/** The branches of a parallel edge, by the pointer of one of them. */
function branchesAt(definition: GraphDefinition, pointer: string): readonly unknown[] | undefined {
  const list = valueAtPointer(definition, parentOf(pointer));
  return Array.isArray(list) ? list : undefined;
}

/** A branch with nothing to run is as good as none. */
function removeBranch({ definition, pointer }: Case): JsonPatch | undefined {
  const branches = branchesAt(definition, pointer);
  return branches !== undefined && branches.length > 1 ? remove(pointer) : undefined;
}

/** The finding is one of the edge: the outcome is the first that leads nowhere. */
function addRoute({ definition, registry, pointer, value }: Case): JsonPatch | undefined {
  const edge = value as unknown as ConditionalEdgeDefinition;
  const { routes } = edge;
  const names = [...nodeNames(definition), END];
  const unknown = outcomesOf(edge, registry).filter((each) => !names.includes(each) && routes?.[each] === undefined);
  const outcome = String(unknown[0]);
  const meant = surelyMeant(outcome, names);
  if (meant === undefined) return undefined;
  const path = `${pointer}/routes`;
  if (routes === undefined) return [{ op: 'add', path, value: { [outcome]: meant } }];
  return [{ op: 'add', path: path + toPointer([outcome]), value: meant }];
}

/** What the condition of an edge says that it answers. Only of such are there findings of outcomes. */
function outcomesOf({ condition_function: name }: ConditionalEdgeDefinition, registry: Registry): readonly string[] {
  return (registry.conditions.get(String(name)) as Required<Condition>).outcomes;
}

/** A route does nothing, or its outcome is misspelt. */
function correctRoute({ definition, registry, pointer }: Case): JsonPatch | undefined {
  const routes = parentOf(pointer);
  const edge = valueAtPointer(definition, parentOf(routes)) as ConditionalEdgeDefinition;
  const free = outcomesOf(edge, registry).filter((outcome) => edge.routes?.[outcome] === undefined);
  const meant = surelyMeant(String(pathOf(pointer).at(-1)), free);
  if (meant !== undefined) return [{ op: 'move', from: pointer, path: routes + toPointer([meant]) }];
  return free.length === 0 ? remove(pointer) : undefined;
}

/** `/nodes/3/on_error/0/on/1` or `/parallel_edges/0/on_error/0/on/0` */
function correctCode({ definition, registry, ...found }: Case): JsonPatch | undefined {
  const [list, index] = pathOf(found.pointer);
  if (list !== 'nodes') return rename(found, catchableBy('edge'));
  const { errors = [] } = registry.tools.get(nodeAt(definition, index).tool_name) ?? {};
  return rename(found, [...catchableBy('node'), ...catchableBy('wait'), ...errors]);
}

/** The params of tools whose schema tells which keys there are. */
function correctParams({ definition, registry, pointer }: Case): JsonPatch | undefined {
  const [, index] = pathOf(pointer);
  const node = nodeAt(definition, index);
  const schema = registry.tools.get(node.tool_name)?.params;
  if (!(schema instanceof z.ZodType)) return undefined;
  const place = `/nodes/${index}/params`;
  const params = paramsOf(node);
  const inParams = pointer.slice(place.length);
  const problems = problemsOf(schema, params, issuesOf(schema, params));
  const here = problems.filter((problem) =>
    problem.code === 'unknown_key' ? parentOf(problem.pointer) === inParams : problem.pointer === inParams,
  );
  const fixes = here.map((problem) => proposeFix(schema, params, problem));
  const operations = fixes.flatMap((fix) => fix ?? []);
  if (operations.length === 0 || fixes.includes(undefined)) return undefined;
  return operations.map((operation) => placed(operation, place));
}

/** None of a schema that throws. */
function issuesOf(schema: z.ZodType, params: JsonObject): readonly z.core.$ZodIssue[] {
  try {
    return (schema.safeParse(params).error as z.ZodError).issues;
  } catch {
    return [];
  }
}

function placed(operation: PatchOperation, place: string): PatchOperation {
  const path = place + operation.path;
  return operation.op === 'move' ? { ...operation, from: place + operation.from, path } : { ...operation, path };
}

/** `{{ data.x }}` is meant as `${ data.x }`, if that can be read. */
function correctBraces({ pointer, value }: Case): JsonPatch {
  return [{ op: 'replace', path: pointer, value: String(value).replaceAll(BRACES, '${ $1 }') }];
}

const BRACES = /\{\{\s{0,20}((?:input_data|data|run)\b[^{}]{0,200}?)\s{0,20}\}\}/g;

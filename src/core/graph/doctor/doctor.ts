import type { Problem } from '../../base/errors.js';
import { MAX_PROBLEMS } from '../../base/problems.js';
import type { Steps } from '../../base/steps.js';
import type { Registry } from '../../tool/registry.js';
import type { GraphDefinition } from '../definition.js';
import { edgesOf } from '../edges.js';
import { findBranchErrors } from './branches.js';
import type { GraphError, GraphWarning } from './codes.js';
import { findTooManyBranches } from './descendants.js';
import { warnOfBraces } from './double-braces.js';
import { warnOfErrorEntries } from './error-entries.js';
import { findErrors } from './errors.js';
import { warnOfFormats } from './formats.js';
import { findJoinErrors, warnOfErrorLists } from './joins.js';
import { type LinkedGraph, linkNodes } from './links.js';
import { findEndless, findUnreachable } from './reachability.js';
import { findEndlessRecursion } from './recursion.js';
import { type KnownGraphs, warnOfGraphs } from './unknown-graphs.js';
import { warnOfSettings } from './unused-settings.js';

/** The findings of the doctor. */
export interface Diagnosis {
  /** Why the graph cannot be run. */
  readonly errors: GraphError[];
  /** Why it probably does not run as it was meant to. */
  readonly warnings: GraphWarning[];
}

/** What the doctor knows of the server. */
export interface Surroundings {
  /** Whether a name that params use as `secrets.NAME` has a value on this server. */
  readonly isSecretSet?: (name: string) => boolean;
  /** What graphs it has. */
  readonly graphs?: KnownGraphs;
  /** Runs that a run can have inside it. */
  readonly maxDescendants?: number;
}

/** Where nothing is known of graphs, none is missed. */
const ALL_GRAPHS: KnownGraphs = { isThere: () => true, ids: [] };
/** Most names in the message of a cycle. */
const MAX_CYCLE_NAMES = 10;
/** Most findings that are told, as with other documents: enough for any that people write. */
const MAX_FINDINGS = MAX_PROBLEMS;

/**
 * Finds everything that is wrong with a definition that fits the schema, all at once. Tells 1,000 findings at most, errors
 * first, and how many more there are. Never throws, whatever the params schemas of tools do.
 */
export function* diagnose(
  definition: GraphDefinition,
  registry: Registry,
  { isSecretSet = () => true, graphs = ALL_GRAPHS, maxDescendants = Number.POSITIVE_INFINITY }: Surroundings = {},
): Steps<Diagnosis> {
  const linked = linkNodes(definition, registry);
  yield;
  const { errors: inParts, secretNames } = yield* findErrors(definition, registry);
  const inBranches = yield* findBranchErrors(definition, linked);
  const inJoins = findJoinErrors(definition);
  const errors: GraphError[] = [...inParts, ...inBranches, ...inJoins, ...findEndlessRecursion(definition, linked)];
  yield;
  // Branches that overlap would be counted again and again.
  const tooMany = inBranches.length > 0 ? [] : yield* findTooManyBranches(definition, linked, maxDescendants);
  const warnings: GraphWarning[] = [
    ...tooMany,
    ...warnOfPaths(linked),
    ...warnOfRoutes(definition, registry),
    ...warnOfSecrets(definition, registry, secretNames, isSecretSet),
    ...warnOfTargets(definition, isSecretSet),
    ...warnOfGraphs(definition, graphs),
    ...(yield* warnOfErrorEntries(definition, registry)),
    ...warnOfSettings(definition, registry),
    ...warnOfErrorLists(definition),
    ...warnOfTool(definition),
    ...(yield* warnOfBraces(definition)),
    ...(yield* warnOfFormats(definition, registry)),
  ];
  yield;
  return {
    errors: cut(errors, MAX_FINDINGS, 'more_errors'),
    warnings: cut(warnings, Math.max(0, MAX_FINDINGS - errors.length), 'more_warnings'),
  };
}

/** The first findings; in place of the others, one that says how many they are. */
function cut<Code extends string>(findings: Problem<Code>[], most: number, code: Code): Problem<Code>[] {
  const more = findings.length - most;
  if (more <= 0) return findings;
  const message = `${more} more ${more === 1 ? 'is' : 'are'} not listed. Correct the others first.`;
  return [...findings.slice(0, most), { pointer: '', code, message }];
}

function warnOfPaths(linked: LinkedGraph): GraphWarning[] {
  const { cycles, leadIns } = findEndless(linked);
  const warnings: { position: number; code: GraphWarning['code']; message: string }[] = [];
  for (const { name, position } of findUnreachable(linked)) {
    const message = `No path leads from the entry point to "${name}". Add an edge to it, or remove it.`;
    warnings.push({ position, code: 'unreachable_node', message });
  }
  for (const cycle of cycles) {
    const names = cycle.slice(0, MAX_CYCLE_NAMES).map((node) => `"${node.name}"`);
    if (cycle.length > names.length) names.push(`${cycle.length - names.length} more`);
    const message = `No path leads out of this cycle to an end: ${names.join(', ')}. Add a way out, for example a conditional edge to "END".`;
    warnings.push({ position: Math.min(...cycle.map((node) => node.position)), code: 'endless_cycle', message });
  }
  for (const { name, position } of leadIns) {
    const message = `Every path from "${name}" leads into a cycle with no way out. Give one of them a way to an end.`;
    warnings.push({ position, code: 'no_path_to_end', message });
  }
  warnings.sort((a, b) => a.position - b.position);
  return warnings.map(({ position, ...warning }) => ({ pointer: `/nodes/${position}`, ...warning }));
}

function warnOfRoutes(definition: GraphDefinition, registry: Registry): GraphWarning[] {
  return edgesOf(definition).flatMap((edge) => {
    if (edge.kind !== 'condition') return [];
    const { name } = edge.condition;
    const outcomes = registry.conditions.get(name)?.outcomes;
    if (outcomes === undefined) return [];
    return [...edge.routes]
      .filter(([outcome]) => !outcomes.includes(outcome))
      .map(([outcome, { pointer }]) => {
        const message = `The condition "${name}" never answers "${outcome}". Remove the route, or correct its outcome.`;
        return { pointer, code: 'unused_route', message };
      });
  });
}

function warnOfSecrets(
  { nodes }: GraphDefinition,
  registry: Registry,
  secretNames: readonly (readonly string[])[],
  isSecretSet: (name: string) => boolean,
): GraphWarning[] {
  return nodes.flatMap((node, index) => {
    if (registry.tools.get(node.tool_name)?.secrets !== true) return [];
    return (secretNames[index] as readonly string[])
      .filter((name) => !isSecretSet(name))
      .map((name) => unsetSecret(`/nodes/${index}/params`, name));
  });
}

/** Callbacks that could not be signed are not sent. */
function warnOfTargets({ notify = [] }: GraphDefinition, isSecretSet: (name: string) => boolean): GraphWarning[] {
  return notify.flatMap(({ secret }, index) =>
    isSecretSet(secret) ? [] : [unsetSecret(`/notify/${index}/secret`, secret)],
  );
}

/** Agents know of a tool what it says of itself. */
function warnOfTool({ expose_as_tool, description, input_schema }: GraphDefinition): GraphWarning[] {
  const missing = [
    ...(description === undefined ? ['a "description", which says when to call it'] : []),
    ...(input_schema === undefined ? ['an "input_schema", which says with what'] : []),
  ];
  if (expose_as_tool !== true || missing.length === 0) return [];
  const message = `As a tool of agents the graph needs ${missing.join(', and ')}.`;
  return [{ pointer: '/expose_as_tool', code: 'undescribed_tool', message }];
}

function unsetSecret(pointer: string, name: string): GraphWarning {
  const message = `The secret "${name}" is not set. Set SECRET_${name} in the environment of the server.`;
  return { pointer, code: 'unset_secret', message };
}

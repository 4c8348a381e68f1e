import { RUN_ERRORS, type RunErrorCode } from '../../base/errors.js';
import { didYouMean } from '../../base/nearest-name.js';
import type { Steps } from '../../base/steps.js';
import type { Registry } from '../../tool/registry.js';
import { type CatchableBy, catchableBy } from '../catchable.js';
import type { GraphDefinition } from '../definition.js';
import { edgesOf, isBranchEdge } from '../edges.js';
import { type ErrorEntry, retryRulesOf } from '../error-entries.js';
import type { GraphWarning } from './codes.js';

/** Most searches for the nearest of many codes. */
const MAX_HINTS = 20;

/** A list of entries, of which the first that is for an error counts. */
interface EntryList {
  readonly entries: readonly ErrorEntry[];
  /** What fails: its tool, or an edge that starts branches. */
  readonly by: CatchableBy;
  readonly toolName?: string | undefined;
  /** Every code that the tool itself can give; undefined if it does not say so, or is not known. */
  readonly own?: readonly string[] | undefined;
}

/**
 * Warns of entries of `retry` and `on_error` that no error comes to, because earlier ones take them all, and of codes that
 * what fails never gives.
 */
export function* warnOfErrorEntries(definition: GraphDefinition, registry: Registry): Steps<GraphWarning[]> {
  const warnings: GraphWarning[] = [];
  const hints = { left: MAX_HINTS };
  for (const list of listsOf(definition, registry)) {
    for (const warning of warnOfTakenEntries(list.entries)) warnings.push(warning);
    for (const warning of warnOfCodes(list, hints)) warnings.push(warning);
    yield;
  }
  return warnings;
}

function* listsOf(definition: GraphDefinition, registry: Registry): Iterable<EntryList> {
  const ofTool = (toolName: string) => ({ by: 'node', toolName, own: registry.tools.get(toolName)?.errors }) as const;
  const tools = new Map(definition.nodes.map(({ name, tool_name }) => [name, ofTool(tool_name)]));
  for (const [index, node] of definition.nodes.entries()) {
    yield { entries: retryRulesOf(node, `/nodes/${index}/retry`), ...ofTool(node.tool_name) };
  }
  for (const edge of edgesOf(definition)) {
    const tool = tools.get(edge.from.name);
    if (edge.kind === 'error' && tool !== undefined) yield { entries: edge.exits, ...tool };
    else if (isBranchEdge(edge)) yield { entries: edge.onError, by: 'edge' };
  }
}

function* warnOfTakenEntries(entries: readonly ErrorEntry[]): Iterable<GraphWarning> {
  /** The pointers of the entries that take all errors, those of a code, or those of a code and a `when`. */
  const taken = new Map<string, string>();
  for (const { pointer, on, when } of entries) {
    const takenBy = (code: string): string | undefined =>
      taken.get('') ?? taken.get(keyOf('', when?.text)) ?? taken.get(code) ?? taken.get(keyOf(code, when?.text));
    const earlier = (on ?? ['']).map(takenBy);
    if (earlier.every((place) => place !== undefined)) {
      yield unreachable(
        pointer,
        `${[...new Set(earlier)].join(' and ')} ${earlier.length > 1 ? 'take' : 'takes'} all errors that this is for`,
      );
    } else {
      yield* warnOfTakenCodes(pointer, on ?? [], earlier);
    }
    for (const code of on ?? ['']) {
      const key = keyOf(code, when?.text);
      if (!taken.has(key)) taken.set(key, pointer);
    }
  }
}

/** Codes of an entry that does more than that for others; one that it names twice is one of them. */
function* warnOfTakenCodes(
  pointer: string,
  codes: readonly string[],
  earlier: readonly (string | undefined)[],
): Iterable<GraphWarning> {
  const named = new Set<string>();
  for (const [index, code] of codes.entries()) {
    const by = named.has(code) ? pointer : earlier[index];
    named.add(code);
    if (by !== undefined) yield unreachable(`${pointer}/on/${index}`, `${by} takes the errors of this code`);
  }
}

function unreachable(pointer: string, why: string): GraphWarning {
  return { pointer, code: 'unreachable_entry', message: `${why}. Remove this one, or place it before.` };
}

/** No code has a space, and the errors of all codes have none. */
function keyOf(code: string, when: string | undefined): string {
  return when === undefined ? code : `${code} ${when}`;
}

function* warnOfCodes({ entries, by, toolName, own }: EntryList, hints: { left: number }): Iterable<GraphWarning> {
  for (const { pointer, on = [] } of entries) {
    for (const [index, code] of on.entries()) {
      const reason = whyNever(code, { by, toolName, own });
      if (reason === undefined) continue;
      const known = [...catchableBy(by), ...(own ?? [])];
      const hint = hints.left-- > 0 ? didYouMean(code, known) : {};
      yield { pointer: `${pointer}/on/${index}`, code: 'unthrown_code', message: reason, ...hint };
    }
  }
}

/** Why no error with this code comes to a list. */
function whyNever(code: string, { by, toolName, own }: Omit<EntryList, 'entries'>): string | undefined {
  if (catchableBy(by).includes(code as RunErrorCode) || own?.includes(code)) return undefined;
  if (by === 'edge') return `Branches never fail with "${code}". They fail with ${listed(catchableBy('edge'))}.`;
  const isOfServer = Object.hasOwn(RUN_ERRORS, code);
  if (isOfServer && !catchableBy('wait').includes(code as RunErrorCode)) {
    return `"${code}" is not the error of a step, so neither retry nor on_error of a node is asked.`;
  }
  return own === undefined ? undefined : `The tool "${toolName}" never fails with "${code}".`;
}

function listed(codes: readonly string[]): string {
  return codes.map((code) => `"${code}"`).join(', ');
}

import { definedOnly } from '../base/defined-only.js';
import { type GraphDefinition, type LimitsDefinition, resolveLimits } from '../graph/definition.js';
import { limitsDocument } from '../run/children.js';
import type { EventRecord, GivenLimits } from '../run/events.js';
import type { Graphs, Setting } from './setting.js';

/**
 * The first event of a run as the other graph would have it: limits that the run has from its graph are those of the other
 * one. Every other event as it is.
 */
export function withLimitsOf(
  record: EventRecord,
  { own, as }: Graphs,
  { keepsLimits }: Pick<Setting, 'keepsLimits'>,
): EventRecord {
  const { event } = record;
  if (event.type !== 'run.submitted' || keepsLimits || own === as) return record;
  const limits = exchangeLimits(event.limits, own.limits, as.limits);
  return { ...record, event: { ...event, graph_version: as.version, limits } };
}

type Limits = GivenLimits & { readonly max_steps: number };

function exchangeLimits(recorded: Limits, own: GraphDefinition['limits'], as: GraphDefinition['limits']): Limits {
  const [before, after] = [documentOf(own), documentOf(as)];
  const names = new Set([...Object.keys(recorded), ...Object.keys(after)]) as Set<keyof Limits>;
  const limits = [...names].map((name) => [name, recorded[name] === before[name] ? after[name] : recorded[name]]);
  return definedOnly(Object.fromEntries(limits)) as Limits;
}

function documentOf(limits: LimitsDefinition | undefined): Limits {
  return limitsDocument(resolveLimits(limits, undefined));
}

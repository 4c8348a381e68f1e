import type { Starter } from './events.js';
import type { RunState } from './state.js';

/** What started a run: a client, or what {@link Starter} names; a run inside another one was started by that. */
export interface StartedBy {
  readonly kind: 'api' | Starter['kind'];
  /** Of a client, be it of MCP: the name of its API key; null if nobody can tell. */
  readonly id: string | null;
}

/** Which runs to list: those that something of a kind has started, or one thing of that kind. */
export interface StartedByFilter {
  readonly kind: StartedBy['kind'];
  readonly id?: string;
}

/** Every kind, with what it is. */
export const STARTER_KINDS: Readonly<Record<StartedBy['kind'], string>> = {
  api: 'a request; the id is the name of the API key, if it has one',
  run: 'another run, as a part of it or by a step that did not wait',
  schedule: 'a schedule',
  hook: 'a delivery to a hook',
  import: 'the import of a capsule; the id is that of the run that it is a copy of',
  mcp: 'a call of a tool of the MCP server; the id is the name of the API key, if it has one',
};

/** What started a run. */
export function findStarter({ parent, startedBy, actors }: RunState): StartedBy {
  if (parent !== null) return { kind: 'run', id: parent.run_id };
  return { kind: startedBy?.kind ?? 'api', id: startedBy?.id ?? actors.submitted ?? null };
}

/**
 * Reads a filter.
 * @example
 * readStartedBy('schedule:nightly') // { kind: 'schedule', id: 'nightly' }
 * @returns undefined for a kind that there is not
 */
export function readStartedBy(text: string): StartedByFilter | undefined {
  const [kind = ''] = text.split(':', 1);
  if (!isKind(kind)) return undefined;
  return kind.length === text.length ? { kind } : { kind, id: text.slice(kind.length + 1) };
}

function isKind(text: string): text is StartedBy['kind'] {
  return Object.hasOwn(STARTER_KINDS, text);
}

import type { Capsule } from './capsule-document.js';
import { type Fields, isRecord } from './guards.js';

/** What is known of the digest of a capsule. Browsers hash only on pages that came by HTTPS, or from the same machine. */
export type DigestCheck = 'fits' | 'differs' | 'unchecked';

/**
 * Checks the digest of a capsule: a chain of SHA-256, each over the hex digits of the one before and the next link. The first
 * link is the capsule without its events, its children and its digest. Then comes each event, as `[run_id, event]`, those of
 * a run before those of the runs inside it. Links are canonical JSON (RFC 8785).
 */
export async function checkDigest(
  { document, digest }: Pick<Capsule, 'document' | 'digest'>,
  signal: AbortSignal,
): Promise<DigestCheck> {
  // Not there on pages that came by plain HTTP from another machine.
  const subtle: typeof crypto.subtle | undefined = crypto.subtle;
  if (subtle === undefined || digest === null) return 'unchecked';
  const { events, children, digest: _, ...head } = document;
  let chain = '';
  for (const link of linksOf(head, { ...document, run_id: isRecord(head.run) ? head.run.run_id : undefined })) {
    if (signal.aborted) return 'unchecked';
    const text = new TextEncoder().encode(chain + canonicalJson(link));
    chain = hexOf(await subtle.digest('SHA-256', text));
  }
  return digest === `sha256:${chain}` ? 'fits' : 'differs';
}

function* linksOf(head: Fields, run: Fields): Generator<unknown> {
  yield head;
  yield* eventsOf(run);
}

function* eventsOf({ run_id: runId, events, children }: Fields): Generator<unknown> {
  if (Array.isArray(events)) for (const event of events) yield [runId, event];
  if (Array.isArray(children)) for (const child of children) if (isRecord(child)) yield* eventsOf(child);
}

/** The one text that a JSON value has, whatever the order of its keys. */
function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (!isRecord(value)) return JSON.stringify(value) ?? 'null';
  const members = Object.keys(value).sort();
  return `{${members.map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key])}`).join(',')}}`;
}

function hexOf(bytes: ArrayBuffer): string {
  return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

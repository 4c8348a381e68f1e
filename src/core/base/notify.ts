import { z } from 'zod';

/** Whom a run tells of what becomes of it: callbacks, as graphs and starts of runs name them. */

/** What a run can tell of, with what each is. */
export const NOTIFY_EVENTS = {
  completed: 'the run has completed',
  failed: 'the run has failed',
  cancelled: 'the run was cancelled',
  waiting_for_input: 'the run waits for an answer from a person',
  limit: 'the run waits for somebody to lift a limit',
} as const;

export type NotifyEvent = keyof typeof NOTIFY_EVENTS;

/** Somebody who is told. */
export interface NotifyTarget {
  readonly url: string;
  readonly on: readonly NotifyEvent[];
  /** The name of the secret that deliveries are signed with. */
  readonly secret: string;
}

/** Most targets of a graph, and of a start. A run can have both. */
const MAX_TARGETS = 10;
const MAX_URL_LENGTH = 2000;

const EVENTS = Object.keys(NOTIFY_EVENTS) as [NotifyEvent, ...NotifyEvent[]];

/** Visible ASCII, so that every store and every header can hold it; other characters have codes in URLs. */
const URL_TEXT = /^https?:\/\/[\x21-\x7e]+$/i;

function isPlainUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { username, password, hash } = new URL(text);
  return username === '' && password === '' && hash === '';
}

const notifyTargetSchema = z
  .strictObject({
    url: z
      .string()
      .max(MAX_URL_LENGTH)
      .regex(URL_TEXT, 'must be an http:// or https:// URL of visible ASCII characters')
      .refine(isPlainUrl, 'must be a URL without user, password and #')
      .refine((url) => !url.includes('${'), 'takes no expressions')
      .describe('Where the callback is posted. The guard of http_request holds for it.'),
    on: z.array(z.enum(EVENTS)).min(1).max(EVENTS.length).describe('What the target is told of.'),
    secret: z
      .string()
      .max(200)
      .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must be the name of a secret: letters, digits and _')
      .describe('The name of the secret that callbacks are signed with: NAME for the setting SECRET_NAME.'),
  })
  .meta({ id: 'NotifyTarget' });

/** Targets, as documents have them. */
export const notifySchema = z
  .array(notifyTargetSchema)
  .max(MAX_TARGETS)
  .describe('Whom to tell what becomes of a run, by signed callbacks.')
  .meta({ id: 'Notify' });

/**
 * The targets of a run: those of its graph, and those of its start. What both name, with the same secret, is one target
 * that is told of all that either names.
 * @returns undefined if there are none
 */
export function resolveNotify(
  graph: readonly NotifyTarget[] = [],
  run: readonly NotifyTarget[] = [],
): readonly NotifyTarget[] | undefined {
  const targets = new Map<string, NotifyTarget>();
  for (const { url, on, secret } of [...graph, ...run]) {
    const key = `${secret} ${url}`;
    const before = targets.get(key)?.on ?? [];
    targets.set(key, { url, on: EVENTS.filter((event) => on.includes(event) || before.includes(event)), secret });
  }
  return targets.size === 0 ? undefined : [...targets.values()];
}

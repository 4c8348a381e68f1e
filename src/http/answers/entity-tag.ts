import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { RunView } from '../../engine/engine.js';
import type { ShownLink } from '../approvals/shown-link.js';

/** Headers of an answer that has an entity tag, for the description of the API. */
export const TAG_HEADERS = { ETag: 'Send it as `If-None-Match` to get the answer only if it has changed.' };
export const NOT_MODIFIED = { 304: { description: 'The answer is the one that `If-None-Match` names.' } };

/**
 * Sets the entity tag of an answer, and says if the client has that answer already: then it is told 304.
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-13.1.2 for the comparison, which is a weak one
 */
export function isKnown(request: FastifyRequest, reply: FastifyReply, tag: string): boolean {
  const etag = `"${tag}"`;
  reply.header('etag', etag);
  const known = request.headers['if-none-match'];
  if (known === undefined) return false;
  return known.split(',').some((each) => ['*', etag, `W/${etag}`].includes(each.trim()));
}

/**
 * What a state follows from: the last event, as states have no other source; and the children, which have journals of
 * their own: how far they are, what they have used, and which of them wait for input.
 * @param link the approval link that is shown, which depends on who asks
 */
export function tagOfState({ state, children, usageTotal, waitingChildren }: RunView, link?: ShownLink): string {
  if (link !== undefined) return `${state.seq}-${digest(link.answer_url)}`;
  if (children === null) return String(state.seq);
  const hash = createHash('sha256').update(JSON.stringify([children, usageTotal]));
  for (const { runId } of waitingChildren) hash.update(runId);
  return `${state.seq}-${hash.digest('hex').slice(0, 16)}`;
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

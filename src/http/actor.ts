import type { FastifyRequest } from 'fastify';
import type { Actor } from '../core/run/actor.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks; null if the key does not tell. */
    actor: Actor | null;
    /** The key can only read. Such requests are not shown what can be used to change something. */
    mayOnlyRead: boolean;
  }
}

/** Who sends a request, as an object to spread. */
export function actorOf({ actor }: FastifyRequest): Actor {
  return actor ?? {};
}

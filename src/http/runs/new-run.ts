import type { FastifyReply } from 'fastify';
import { z } from 'zod';

/** The parts that operations which make a run share. */

export const newRunHeadersSchema = z.object({
  'idempotency-key': z
    .string()
    .optional()
    .describe(
      '1 to 255 printable ASCII characters. A repeated request with the same key and body starts nothing and gets the first response.',
    ),
});

export const NEW_RUN_HEADERS = {
  Location: 'The path of the state of the run.',
  'Idempotent-Replayed': '`true` if an earlier request with this Idempotency-Key has started the run.',
};

/** Sets {@link NEW_RUN_HEADERS}. */
export function setNewRunHeaders(reply: FastifyReply, run: { runId: string; replayed: boolean }): void {
  reply.header('location', `/graph/state/${run.runId}`);
  if (run.replayed) reply.header('idempotent-replayed', 'true');
}

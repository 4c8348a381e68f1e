import { z } from 'zod';
import { CAPSULE_VERSION } from '../../core/capsule/document.js';
import { jsonObjectSchema, timeSchema } from '../schemas.js';
import { runErrorSchema, startedBySchema, statusSchema, waitKindSchema } from './schemas.js';

const capsuleEventSchema = z
  .object({
    seq: z.int(),
    time: timeSchema,
    type: z.string().describe('As in the stream of events.'),
    payload: jsonObjectSchema.describe('The event without its type.'),
  })
  .meta({ id: 'CapsuleEvent' });

const capsuleRunSchema = z
  .object({
    run_id: z.string(),
    events: z.array(capsuleEventSchema),
    get children() {
      return z.array(capsuleRunSchema);
    },
  })
  .meta({ id: 'CapsuleRun', description: 'A run inside another one, with its whole journal.' });

const overviewSchema = z
  .object({
    run_id: z.string(),
    graph_id: z.string(),
    graph_version: z.int(),
    status: statusSchema,
    metadata: z.record(z.string(), z.string()),
    started_by: startedBySchema,
    submitted_at: timeSchema,
    finished_at: timeSchema.nullable(),
    current_node: z.string().nullable(),
    waiting_for: waitKindSchema.nullable(),
    error: runErrorSchema.nullable(),
    step_count: z.int(),
    data: jsonObjectSchema,
  })
  .meta({ id: 'CapsuleOverview', description: 'The run at a glance: all of it follows from the events.' });

export const capsuleSchema = z
  .object({
    capsule: z.literal(CAPSULE_VERSION).describe('The version of the document.'),
    exported_at: timeSchema,
    release: z.string().describe('The release of the server that made it.'),
    graphs: z
      .array(
        z.object({ graph_id: z.string(), version: z.int(), definition: jsonObjectSchema }).meta({ id: 'CapsuleGraph' }),
      )
      .describe('The versions of graphs that the run and those inside it use.'),
    run: overviewSchema,
    events: z.array(capsuleEventSchema),
    children: z.array(capsuleRunSchema),
    digest: z.string().describe('`sha256:` and hex digits: a chain over all of the document.'),
  })
  .meta({ id: 'Capsule', description: 'A run as one document.' });

import { z } from 'zod';
import { versionSchema } from '../schemas.js';

export const eventQuerySchema = z.strictObject({
  after: z
    .int()
    .min(0)
    .exactOptional()
    .describe('Only events with a `seq` above this. `Last-Event-ID` goes before it.'),
});

export const eventHeadersSchema = z.object({
  'last-event-id': z.string().optional().describe('The `id` of the last event that was read. Browsers send it.'),
});

const formatSchema = z
  .enum(['mermaid', 'svg'])
  .exactOptional()
  .describe('`mermaid` is text for https://mermaid.js.org, and what comes where this is left out; `svg` is a picture.');

export const graphDiagramQuerySchema = z.strictObject({ format: formatSchema, version: versionSchema });
export const runDiagramQuerySchema = z.strictObject({ format: formatSchema });

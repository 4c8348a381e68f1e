import { createHash } from 'node:crypto';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { type DiagramFormat, SVG_STYLE } from '../engine/engine.js';
import { kindSchema } from './schemas.js';

/** Allows the one style that diagrams have, by its hash (CSP 3, section 2.3.1), and nothing else. */
export const SVG_STYLE_SOURCE = `'sha256-${createHash('sha256').update(SVG_STYLE).digest('base64')}'`;
const SVG_CSP = `default-src 'none'; style-src ${SVG_STYLE_SOURCE}; sandbox; frame-ancestors 'none'`;

const MEDIA_TYPES: Readonly<Record<DiagramFormat, string>> = { mermaid: 'text/plain', svg: 'image/svg+xml' };

export const formatSchema = kindSchema<DiagramFormat>('The format', {
  mermaid: 'text for https://mermaid.js.org (the default)',
  svg: 'a picture',
}).exactOptional();

/** The schema and the media types of a diagram, in every format. */
export const DIAGRAM = { schema: z.string(), mediaTypes: Object.values(MEDIA_TYPES) };

export function sendDiagram(reply: FastifyReply, format: DiagramFormat, diagram: string): FastifyReply {
  if (format === 'svg') reply.header('content-security-policy', SVG_CSP);
  return reply.type(`${MEDIA_TYPES[format]}; charset=utf-8`).send(diagram);
}

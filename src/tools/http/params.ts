import { z } from 'zod';
import { MAX_RESULT_BYTES } from '../result.js';
import { saveAsSchema } from '../save-as.js';
import { headersSchema, headerValue, urlSchema, whyNoUrl } from './param-schemas.js';
import { METHODS } from './request-rules.js';
import { fillUrl, whyNotFillable } from './url-template.js';

const MAX_PARTS = 100;

const scalarSchema = z.union([z.string(), z.number(), z.boolean()]);
const fieldsSchema = z.record(z.string(), z.union([scalarSchema, z.null(), z.array(scalarSchema)]));

const partSchema = z
  .strictObject({
    name: z.string().min(1).max(1000),
    value: scalarSchema.optional(),
    base64: z.base64().optional().describe('The bytes of a file.'),
    filename: z.string().max(1000).optional(),
    content_type: headerValue.max(1000).optional(),
  })
  .refine(({ value, base64 }) => (value === undefined) !== (base64 === undefined), {
    path: ['value'],
    message: 'There must be either value or base64',
  });

const credentialsSchema = z.strictObject({
  token_url: urlSchema,
  client_id: z.string().min(1).max(8192),
  client_secret: z.string().min(1).max(8192),
  scope: z.string().max(8192).optional(),
});

/** What a client shows to get a token: RFC 6749 section 4.4. */
export type ClientCredentials = z.output<typeof credentialsSchema>;

const authSchema = z
  .strictObject({
    basic: z
      .strictObject({
        user: z
          .string()
          .regex(/^[^:]*$/, 'A user has no ":"')
          .max(8192),
        password: z.string().max(8192),
      })
      .optional(),
    bearer: z
      .string()
      .regex(/^[\x21-\x7e]+$/, 'This is no token: it must be visible ASCII characters')
      .optional(),
    oauth2_client_credentials: credentialsSchema.optional(),
  })
  .refine((auth) => Object.values(auth).filter((kind) => kind !== undefined).length === 1, {
    message: 'There must be one of basic, bearer and oauth2_client_credentials',
  });

export const paramsSchema = z
  .strictObject({
    method: z.enum(METHODS).default('GET'),
    url: urlSchema.describe('http:// or https://, without user and password. Can have {names}, which path fills.'),
    path: z.record(z.string(), scalarSchema).optional().describe('Values for the {names} of url, which are encoded.'),
    query: fieldsSchema.default({}).describe('Added to the URL. A list repeats its key; null omits it.'),
    headers: headersSchema.default({}),
    auth: authSchema.optional().describe('What the Authorization header is made of. A token is never stored.'),
    json: z.unknown().optional().describe('A body, sent as JSON.'),
    body: z.string().optional().describe('A body, sent as it is.'),
    form: fieldsSchema.optional().describe('A body, sent as application/x-www-form-urlencoded.'),
    multipart: z.array(partSchema).min(1).max(MAX_PARTS).optional().describe('A body, sent as multipart/form-data.'),
    accept: z
      .array(
        z.union([
          z.int().min(100).max(599),
          z.string().regex(/^[1-5]xx$/, 'This is no class of statuses, such as 5xx'),
        ]),
      )
      .max(100)
      .default([])
      .describe('Statuses from 400 on that are answers and not errors, such as 404 and 5xx.'),
    response: z
      .enum(['auto', 'json', 'text', 'base64'])
      .default('auto')
      .describe('How the body of the answer is kept. With auto, its type says so.'),
    follow_redirects: z.boolean().default(true),
    keep: z.literal('body').optional().describe('Keep only the body of the answer.'),
    save_as: saveAsSchema,
    max_bytes: z.int().min(1).max(MAX_RESULT_BYTES).default(MAX_RESULT_BYTES).describe('The largest body to take.'),
  })
  .superRefine(checkTogether);

export type Params = z.output<typeof paramsSchema>;

const BODIES = ['json', 'body', 'form', 'multipart'] as const;

function checkTogether(params: Params, context: z.core.$RefinementCtx<Params>): void {
  const add = (path: string[], message: string) => context.addIssue({ code: 'custom', path, message });
  const [, second] = BODIES.filter((name) => params[name] !== undefined);
  if (second !== undefined)
    add([second], `There can be ${BODIES.slice(0, -1).join(', ')} or multipart, not two of them`);
  const reason = params.path === undefined ? undefined : whyNotFilled(params.url, params.path);
  if (reason !== undefined) add(['url'], reason);
  for (const name of Object.keys(params.headers)) {
    const lower = name.toLowerCase();
    if (lower === 'authorization' && params.auth !== undefined) add(['headers', name], 'auth makes this header');
    if (lower === 'content-type' && params.multipart !== undefined)
      add(['headers', name], 'multipart makes this header');
  }
}

function whyNotFilled(url: string, path: NonNullable<Params['path']>): string | undefined {
  return whyNotFillable(url, path) ?? whyNoUrl(fillUrl(url, path));
}

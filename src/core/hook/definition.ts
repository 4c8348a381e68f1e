import { z } from 'zod';
import { MAX_METADATA, nameSchema, WELL_FORMED } from '../base/run-options.js';
import { UnreadableError } from '../base/stored.js';
import { signalNameSchema } from '../tool/wait.js';

/** What the document of a hook is, and what must hold between its fields. */

/** The largest document, in bytes as JSON: all hooks of a server are at hand at once. */
export const MAX_HOOK_BYTES = 16_384;
const MAX_EXPRESSION_LENGTH = 8192;

export const HOOK_ACTIONS = ['start', 'signal', 'answer'] as const;
export const HOOK_SCHEMES = ['standard_webhooks', 'github', 'hmac_sha256', 'none'] as const;

export type HookAction = (typeof HOOK_ACTIONS)[number];
export type HookScheme = (typeof HOOK_SCHEMES)[number];

export const hookIdSchema = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9_-]{0,99}$/,
    'must be 1 to 100 characters of a-z, 0-9, "_" and "-", and begin with a letter or a digit',
  );

/** As the setting of a secret is named, behind `SECRET_`. */
const secretNameSchema = z
  .string()
  .max(200)
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must be the name of a secret: what follows SECRET_ in the name of its setting');

/** A token of HTTP (RFC 9110, section 5.6.2). */
const headerNameSchema = z
  .string()
  .max(100)
  .regex(/^[!#$%&'*+.^_`|~\w-]+$/, 'must be the name of a header');

const expressionTextSchema = z
  .string()
  .min(1)
  .max(MAX_EXPRESSION_LENGTH)
  .refine(...WELL_FORMED);

const verifySchema = z
  .strictObject({
    scheme: z
      .enum(HOOK_SCHEMES)
      .describe(
        'How senders sign: `standard_webhooks` (standardwebhooks.com), `github`, `hmac_sha256` (of the body, in a header), or `none`, which lets anybody in and is possible only on loopback or with ALLOW_ANONYMOUS.',
      ),
    secret: secretNameSchema
      .exactOptional()
      .describe('The name of the secret that senders sign with: `ORDERS` for the setting SECRET_ORDERS.'),
    header: headerNameSchema
      .exactOptional()
      .describe('The header with the signature. `github`: x-hub-signature-256 if omitted. `hmac_sha256` needs it.'),
  })
  .meta({ id: 'HookVerification' });

/** The fields of a hook, in the order in which they are shown. */
export const HOOK_SHAPE = {
  action: z
    .enum(HOOK_ACTIONS)
    .describe('What a delivery does: `start` starts a run, `signal` sends a signal, `answer` answers a wait.'),
  graph_id: z.string().min(1).max(100).exactOptional().describe('`start`: the graph.'),
  version: z.int().min(1).exactOptional().describe('`start`: a version of the graph; the latest one if omitted.'),
  run_id: expressionTextSchema
    .exactOptional()
    .describe('`signal` and `answer`: an expression for the run, such as `${ body.run_id }`.'),
  signal: signalNameSchema.exactOptional().describe('`signal`: its name.'),
  wait_id: expressionTextSchema
    .exactOptional()
    .describe('`answer`: an expression for the id of the wait, if one is meant.'),
  input: z
    .unknown()
    .exactOptional()
    .describe(
      'JSON with expressions over `body`, `headers` and `query`: the input of the run, the payload of the signal, or the answer. `${ body }` if omitted.',
    ),
  dedupe: expressionTextSchema
    .exactOptional()
    .describe(
      'An expression for the id of a delivery: one that comes again gets the first answer. If omitted: the webhook-id of Standard Webhooks, the x-github-delivery of GitHub, else none.',
    ),
  metadata: z
    .record(nameSchema.max(100), expressionTextSchema)
    .refine((metadata) => Object.keys(metadata).length <= MAX_METADATA, `must have at most ${MAX_METADATA} entries`)
    .exactOptional()
    .describe('`start`: strings with expressions, to find the run by.')
    .meta({ maxProperties: MAX_METADATA }),
  verify: verifySchema,
  enabled: z.boolean().exactOptional().describe('False: new deliveries are refused. Default true.'),
};

export const hookDefinitionSchema = z
  .strictObject({
    hook_id: hookIdSchema.exactOptional().describe('Made up if omitted.'),
    ...HOOK_SHAPE,
  })
  .superRefine((hook, context) => {
    for (const { path, message } of findMisfits(hook)) context.addIssue({ code: 'custom', path: [...path], message });
  });

export type NewHook = z.output<typeof hookDefinitionSchema>;

/** The document of a hook, without its id. */
export type HookDefinition = Omit<NewHook, 'hook_id'>;

interface Misfit {
  readonly path: readonly string[];
  readonly message: string;
}

/** The fields that each action needs, and those that it can have beside `input`, `dedupe`, `verify` and `enabled`. */
const FIELDS_OF: Readonly<Record<HookAction, { readonly needs: readonly Field[]; readonly takes: readonly Field[] }>> =
  {
    start: { needs: ['graph_id'], takes: ['version', 'metadata'] },
    signal: { needs: ['run_id', 'signal'], takes: [] },
    answer: { needs: ['run_id'], takes: ['wait_id'] },
  };
const FIELDS = ['graph_id', 'version', 'metadata', 'run_id', 'signal', 'wait_id'] as const;
type Field = (typeof FIELDS)[number];

function findMisfits(hook: HookDefinition): Misfit[] {
  const { needs, takes } = FIELDS_OF[hook.action];
  const missing = needs.filter((field) => hook[field] === undefined);
  const foreign = FIELDS.filter((field) => hook[field] !== undefined && ![...needs, ...takes].includes(field));
  return [
    ...missing.map((field) => ({ path: [field], message: `The action "${hook.action}" needs it.` })),
    ...foreign.map((field) => ({ path: [field], message: `The action "${hook.action}" does not have it.` })),
    ...findMisfitsOfVerification(hook.verify),
  ];
}

function findMisfitsOfVerification({ scheme, secret, header }: HookDefinition['verify']): Misfit[] {
  const misfits: Misfit[] = [];
  if (scheme === 'none' && secret !== undefined) {
    misfits.push({ path: ['verify', 'secret'], message: 'Nothing is signed with the scheme "none".' });
  }
  if (scheme !== 'none' && secret === undefined) {
    const message = `The scheme "${scheme}" needs the name of a secret: set SECRET_<name>, and name it here.`;
    misfits.push({ path: ['verify', 'secret'], message });
  }
  if (scheme === 'hmac_sha256' && header === undefined) {
    misfits.push({
      path: ['verify', 'header'],
      message: 'The scheme "hmac_sha256" needs the header of the signature.',
    });
  }
  if ((scheme === 'none' || scheme === 'standard_webhooks') && header !== undefined) {
    misfits.push({ path: ['verify', 'header'], message: `The scheme "${scheme}" does not have it.` });
  }
  return misfits;
}

/** Reads the stored document of a hook. @throws UnreadableError if it is not one of this release */
export function readHookDefinition(text: string): HookDefinition {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (thrown) {
    throw new UnreadableError('is not JSON', thrown);
  }
  const { data } = hookDefinitionSchema.safeParse(document);
  if (data === undefined) throw new UnreadableError('is not one that this release can read');
  const { hook_id: _, ...definition } = data;
  return definition;
}

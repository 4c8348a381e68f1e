import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Json } from '../../core/base/json.js';
import type { AnswerLink, Engine } from '../../engine/engine.js';
import type { App } from '../app-type.js';
import { ApiError } from '../errors/api-error.js';
import type { ApiErrorCode } from '../errors/codes.js';
import { describeError, sendError } from '../errors/problem.js';
import { FORM_TYPE } from '../openapi/document.js';
import { APPROVAL } from '../openapi/examples.js';
import { describeResponses, type Success } from '../openapi/responses.js';
import { startedRunSchema } from '../runs/schemas.js';
import { toStartedRun } from '../runs/wire.js';
import { jsonSchema } from '../schemas.js';
import { AnsweredForm, answerByForm } from './answer-by-form.js';
import { fieldsOf } from './fields.js';
import { messagePage, questionPage } from './page.js';
import { RateLimit } from './rate-limit.js';
import { PAGE_HEADERS } from './style.js';

/** Answers come from anybody with a link, so they are smaller than what clients with a key can send. */
const MAX_BODY_BYTES = 262_144;
export const PAGE_TYPE = 'text/html; charset=utf-8';

/** Of one wait: a person looks a few times, and mail scanners do. */
const PER_WAIT = { burst: 30, perSecond: 0.5 };
/** Of wrong tokens, of everybody together: who has a right one is never kept waiting by those who guess. */
const WRONG = { burst: 60, perSecond: 1 };

const paramsSchema = z.object({
  token: z.string().meta({
    description: '`waiting.token` of the state of a run.',
    examples: ['AZqw9FwAcACAAAAAAAAAAFv3Yf0c7G1j5r2uQ8m4k1sAAAAAAw'],
  }),
});

const answerSchema = z
  .strictObject({ payload: jsonSchema.describe('The answer: any JSON that fits the schema of the wait.') })
  .meta({ id: 'AnswerByLink' })
  .meta({ examples: [{ payload: APPROVAL.payload }] });

const ERRORS: readonly ApiErrorCode[] = [
  'answer_link_unknown',
  'answer_link_over',
  'run_unreadable',
  'too_many_requests',
];
const ANSWER_ERRORS: readonly ApiErrorCode[] = [
  ...ERRORS,
  'malformed_json',
  'body_too_large',
  'unsupported_media_type',
  'invalid_request',
  'invalid_answer',
];

/** Approval links: whoever has one can answer one wait, and needs no API key. */
export function answerLinkRoutes(app: App, engine: Engine): void {
  app.register((scope: App, _options, done) => {
    const links = new WeakMap<FastifyRequest, AnswerLink>();
    const linkOf = (request: FastifyRequest): AnswerLink => {
      const link = links.get(request);
      if (link === undefined) throw new ApiError('answer_link_unknown');
      return link;
    };
    const check = createLinkCheck(engine);
    // Before a body is read: that of a stranger never is.
    scope.addHook('onRequest', (request, _reply, next) => {
      try {
        links.set(request, check((request.params as { token: string }).token));
        next();
      } catch (error) {
        next(error as Error);
      }
    });
    scope.addContentTypeParser(FORM_TYPE, { parseAs: 'string' }, (_request, text, parsed) =>
      parsed(null, { payload: new AnsweredForm(String(text)) }),
    );
    scope.setErrorHandler((error, request, reply) => {
      if (!wantsPage(request)) return sendError(error, request, reply);
      const { title, detail } = describeError(error, request, reply);
      return sendPage(reply, messagePage(title, detail));
    });
    addRoutes(scope, engine, linkOf);
    done();
  });
}

function addRoutes(scope: App, engine: Engine, linkOf: (request: FastifyRequest) => AnswerLink): void {
  scope.get(
    '/answers/:token',
    {
      schema: {
        operationId: 'showQuestion',
        summary: 'Open an approval link',
        description:
          'A page with what a run asks, and a form made from the schema of the wait, which works without scripts. It changes nothing, so programs that look into mails can open it. Needs no API key.',
        tags: ['Runs'],
        security: [],
        params: paramsSchema,
        response: describeAnswers(
          { 200: { description: 'The page.', schema: z.string(), mediaTypes: ['text/html'] } },
          ERRORS,
        ),
      },
    },
    async (request, reply) => {
      const question = await engine.getQuestion(linkOf(request));
      const fields = fieldsOf(question.schema);
      return sendPage(reply, questionPage({ question, fields, values: undefined, problems: new Map(), general: [] }));
    },
  );

  scope.post(
    '/answers/:token',
    {
      bodyLimit: Math.min(MAX_BODY_BYTES, scope.initialConfig.bodyLimit ?? MAX_BODY_BYTES),
      schema: {
        operationId: 'answerByLink',
        summary: 'Answer by an approval link',
        description:
          'Answers the one wait that the token is for. Needs no API key: the token is the secret. It is over with the first answer, when the wait expires, and when the run goes on or ends otherwise: 410. The form of the page sends the same as `application/x-www-form-urlencoded`, and is answered with pages.',
        tags: ['Runs'],
        security: [],
        params: paramsSchema,
        consumes: ['application/json', FORM_TYPE],
        body: answerSchema,
        response: describeAnswers(
          {
            200: { description: 'Stored, and said so with a page.', schema: z.string(), mediaTypes: ['text/html'] },
            202: { description: 'Stored. The run goes on.', schema: startedRunSchema },
          },
          ANSWER_ERRORS,
        ),
      },
    },
    async (request, reply) => {
      const { payload } = request.body;
      const link = linkOf(request);
      if (payload instanceof AnsweredForm) {
        const { status, page } = await answerByForm(engine, link, payload);
        return sendPage(reply.code(status), page);
      }
      const run = await engine.answerQuestion(link, payload as Json);
      return reply.code(202).send(toStartedRun(run));
    },
  );
}

/** Makes a function that says what a token answers. It throws for wrong ones, and for what comes too often. */
function createLinkCheck(engine: Engine): (token: string) => AnswerLink {
  const [perWait, wrong] = [new RateLimit(PER_WAIT), new RateLimit(WRONG)];
  return (token) => {
    const link = engine.readAnswerToken(token);
    const seconds = link === undefined ? wrong.take('') : perWait.take(`${link.runId} ${link.waitId}`);
    if (seconds > 0) throw new ApiError('too_many_requests', undefined, { retryAfterSeconds: seconds });
    if (link === undefined) throw new ApiError('answer_link_unknown');
    return link;
  };
}

/** Browsers get pages, and programs get problem documents. */
function wantsPage({ method, headers }: FastifyRequest): boolean {
  const { accept = '', 'content-type': type = '' } = headers;
  if (accept.includes('text/html')) return true;
  return !accept.includes('json') && (method !== 'POST' || type.startsWith(FORM_TYPE));
}

function sendPage(reply: FastifyReply, page: string): FastifyReply {
  return reply.headers(PAGE_HEADERS).type(PAGE_TYPE).send(page);
}

/** Responses whose errors are pages too. */
function describeAnswers(
  successes: Readonly<Record<number, Success>>,
  errors: readonly ApiErrorCode[],
): Record<string, unknown> {
  const responses = describeResponses(successes, errors) as Record<string, { content: Record<string, unknown> }>;
  for (const [status, { content }] of Object.entries(responses)) {
    if (Number(status) >= 400) content['text/html'] = { schema: z.string() };
  }
  return responses;
}

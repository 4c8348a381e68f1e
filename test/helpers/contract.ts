import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import type { FastifyInstance } from 'fastify';

interface Answered {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

type Check = (method: string, url: string, answer: Answered) => void;

/**
 * Makes a check that an answer is one that the OpenAPI document declares for its route: status, media type and body.
 * The server does not check its own answers, since that costs more than making them, so the tests do.
 */
export function contractOf(app: FastifyInstance): Check {
  const document = app.swagger() as object as {
    paths: Record<string, Record<string, { responses: Record<string, Response> }>>;
  };
  const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
  ajv.addSchema(document, 'api');
  const compiled = new Map<string, ValidateFunction>();
  const validatorAt = (pointer: string): ValidateFunction => {
    const known = compiled.get(pointer) ?? ajv.compile({ $ref: `api#${pointer}` });
    compiled.set(pointer, known);
    return known;
  };
  const templates = Object.keys(document.paths).sort((a, b) => count(a) - count(b));

  return (method, url, answer) => {
    // As the server sees it: without `..`.
    const path = new URL(`http://localhost${url}`).pathname;
    const type = String(answer.headers['content-type'] ?? '').split(';', 1)[0] ?? '';
    // A path without parameters comes first, whatever the method.
    const fitting = Object.hasOwn(document.paths, path)
      ? [path]
      : templates.filter((each) => patternOf(each).test(path));
    const template = fitting.find((each) => document.paths[each]?.[method]);
    if (template === undefined)
      return checkBody(validatorAt('/components/schemas/Problem'), answer, `${method} ${path}`);
    const declared = document.paths[template]?.[method]?.responses[answer.statusCode];
    const name = `${method} ${template} ${answer.statusCode}`;
    if (declared === undefined) throw new Error(`${name} is not declared; it said ${answer.body.slice(0, 500)}`);
    if (declared.content === undefined) return checkEmpty(answer, name);
    if (declared.content[type] === undefined) throw new Error(`${name} answered with ${type}`);
    const tokens = ['paths', template, method, 'responses', String(answer.statusCode), 'content', type, 'schema'];
    if (type.includes('json')) checkBody(validatorAt(tokens.map(token).join('')), answer, name);
  };
}

interface Response {
  content?: Record<string, unknown>;
}

function checkEmpty({ body }: Answered, name: string): void {
  if (body !== '') throw new Error(`${name} should have no body`);
}

function checkBody(validate: ValidateFunction, answer: Answered, name: string): void {
  if (validate(JSON.parse(answer.body))) return;
  throw new Error(
    `${name} does not fit its schema: ${JSON.stringify(validate.errors)} in ${answer.body.slice(0, 500)}`,
  );
}

function count(template: string): number {
  return template.split('{').length;
}

function patternOf(template: string): RegExp {
  return new RegExp(`^${template.replaceAll(/\{[^}]+\}/g, '[^/]+')}$`);
}

function token(key: string): string {
  return `/${encodeURIComponent(key.replaceAll('~', '~0').replaceAll('/', '~1'))}`;
}

import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Problem } from '../../core/base/errors.js';
import { addFormFixes } from '../../core/base/form-fixes.js';
import type { Json } from '../../core/base/json.js';
import { findPlaces, type Place } from '../../core/base/json-places.js';
import type { InSlices } from '../../core/base/steps.js';
import { graphDefinitionSchema } from '../../core/graph/definition.js';
import { errorsOf, sendError } from '../errors/problem.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The text of bodies is kept until the request is answered, to say where in it problems are. */
    readonly placesProblems?: boolean;
  }
}

/** What routes that say where problems are need. */
export interface PlaceOptions {
  /** Does work on large bodies. */
  readonly inSlices: InSlices;
}

const texts = new WeakMap<FastifyRequest, string>();

/** Keeps the text of a body, without a byte order mark, if its route says where in it problems are. */
export function keepText(request: FastifyRequest, text: string): void {
  if (request.routeOptions.config.placesProblems === true) texts.set(request, text);
}

/** Adds to problems of a body the lines and columns of what their pointers name. */
export async function placeProblems<P extends Problem>(
  request: FastifyRequest,
  problems: readonly P[],
  { inSlices }: PlaceOptions,
): Promise<readonly (P & Partial<Place>)[]> {
  const text = texts.get(request);
  if (text === undefined || problems.length === 0) return problems;
  const pointers = new Set(problems.map(({ pointer }) => pointer));
  const places = await inSlices(findPlaces(text, pointers));
  return problems.map((problem) => ({ ...problem, ...places.get(problem.pointer) }));
}

/** Adds to what is wrong with the form of a graph how it is corrected. The doctor does so itself. */
function fixForm(
  { body }: FastifyRequest,
  problems: readonly Problem[],
  { inSlices }: PlaceOptions,
): Promise<readonly Problem[]> {
  return inSlices(addFormFixes(graphDefinitionSchema, (body ?? null) as Json, problems));
}

/** Options of a route that says where in its body problems are. */
export function placing(options: PlaceOptions) {
  return {
    config: { placesProblems: true },
    async errorHandler(thrown: unknown, request: FastifyRequest, reply: FastifyReply) {
      const found = errorsOf(thrown);
      const errors = found && (await fixForm(request, found, options));
      return sendError(thrown, request, reply, errors && (await placeProblems(request, errors, options)));
    },
  };
}

import { z } from 'zod';
import { API_ERRORS } from '../../core/base/errors.js';
import { problemItemSchema } from '../schemas.js';

export const problemSchema = z
  .object({
    type: z.string().describe('A URI that names the kind of problem.'),
    title: z.string(),
    status: z.int().describe('The HTTP status.'),
    detail: z.string().describe('What went wrong this time.'),
    instance: z.string().describe('The path that was asked for.'),
    code: z.enum(Object.keys(API_ERRORS) as [keyof typeof API_ERRORS]).describe('A stable code for programs.'),
    errors: z
      .array(problemItemSchema)
      .optional()
      .describe('Everything that is wrong, where that can be several things.'),
  })
  .meta({ id: 'Problem', description: 'An error (RFC 9457).' });

import { z } from 'zod';
import { problemItemSchema } from '../schemas.js';
import { API_ERROR_CODES } from './codes.js';

export const problemSchema = z
  .object({
    type: z.string().describe('A URI that identifies the kind of problem.'),
    title: z.string(),
    status: z.int().describe('The HTTP status.'),
    detail: z.string().describe('What went wrong with this request.'),
    instance: z.string().describe('The path of the request.'),
    code: z.enum(API_ERROR_CODES).describe('A stable code for programs.'),
    errors: z
      .array(problemItemSchema)
      .optional()
      .describe('Everything that is wrong, for codes that can have several causes.'),
  })
  .meta({ id: 'Problem', description: 'An error (RFC 9457).' });

import { z } from 'zod';

/** The key of `data` that a result lands in; the name of the node where left out. */
export const saveAsSchema = z
  .string()
  .min(1)
  .max(200)
  .optional()
  .describe('The key of data for the result; the name of the node where left out.');

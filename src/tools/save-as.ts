import { z } from 'zod';

/** The key of `data` that gets a result. Default: the name of the node. */
export const saveAsSchema = z
  .string()
  .min(1)
  .max(200)
  .optional()
  .describe('The key of data for the result; the name of the node where left out.');

import { z } from 'zod';
import { unwrapped } from '../../core/base/problems.js';

type Query = Record<string, unknown>;

const NUMBER = /^-?\d{1,16}$/;
const METADATA_KEY = /^metadata(?:\.(.+)|\[(.+)\])$/s;

/**
 * Returns a function that converts the strings of a query to the types of its schema: digits become a number if the
 * schema has a number, repeated or comma-separated values become a list, and `metadata.key=value` (or
 * `metadata[key]=value`, as OpenAPI's deepObject style writes it) becomes an object. Other values stay as they are, for the
 * schema to refuse.
 */
export function createQueryReader(schema: z.ZodObject): (query: Query) => Query {
  const numbers = keysOf(schema, z.ZodNumber);
  const lists = keysOf(schema, z.ZodArray);
  const hasMetadata = Object.hasOwn(schema.shape, 'metadata');
  return (query) => {
    const read: Query = { ...query };
    for (const key of numbers) {
      const text = read[key];
      if (typeof text === 'string' && NUMBER.test(text)) read[key] = Number(text);
    }
    for (const key of lists) {
      if (read[key] !== undefined) read[key] = [read[key]].flat().flatMap((text) => String(text).split(','));
    }
    if (hasMetadata) gatherMetadata(read);
    return read;
  };
}

function keysOf(schema: z.ZodObject, kind: typeof z.ZodNumber | typeof z.ZodArray): string[] {
  return Object.keys(schema.shape).filter((key) => unwrapped(schema.shape[key]) instanceof kind);
}

function gatherMetadata(read: Query): void {
  const found: [string, unknown][] = [];
  for (const [key, value] of Object.entries(read)) {
    const match = METADATA_KEY.exec(key);
    const name = match?.[1] ?? match?.[2];
    if (name === undefined) continue;
    found.push([name, value]);
    delete read[key];
  }
  if (found.length > 0) read.metadata = Object.fromEntries(found);
}

import type { Schema } from './types.js';

/** A required yes or no: what it is about, and the words for both. */
export interface Decision {
  readonly name: string;
  readonly yes: string;
  readonly no: string;
}

/** The decision that a schema asks for: its one required boolean, if it has just one. */
export function decisionOf({ type, properties = {}, required = [] }: Schema): Decision | undefined {
  const [first, ...others] = Object.entries(properties).filter(
    ([name, property]) => property.type === 'boolean' && required.includes(name) && property.default === undefined,
  );
  if (type !== 'object' || first === undefined || others.length > 0) return undefined;
  const [name, { title }] = first;
  if (/^(is_?)?approv(ed?|al)$/i.test(name)) return { name, yes: 'Approve', no: 'Reject' };
  const what = title ?? name;
  return { name, yes: `${what}: yes`, no: `${what}: no` };
}

import type { Schema } from './types.js';

/** A required choice of few: what it is about, and the answers, in words and as the form has them. */
export interface Decision {
  readonly name: string;
  readonly choices: readonly { readonly words: string; readonly value: string | boolean }[];
}

/** More answers than this stand in a list. */
const MOST_CHOICES = 4;

/** The decision that a schema asks for: its one required boolean, if it has just one, or else its one required choice of few. */
export function decisionOf({ type, properties = {}, required = [] }: Schema): Decision | undefined {
  if (type !== 'object') return undefined;
  const asked = Object.entries(properties).filter(([name, it]) => required.includes(name) && it.default === undefined);
  const booleans = asked.filter(([, { type, enum: values }]) => type === 'boolean' && values === undefined);
  const choices = asked.filter(([, { enum: values = [] }]) => values.length > 1 && values.length <= MOST_CHOICES);
  const [first, ...others] = booleans.length > 0 ? booleans : choices;
  if (first === undefined || others.length > 0) return undefined;
  const [name, { title, enum: values }] = first;
  if (values !== undefined) {
    return { name, choices: values.map((value) => ({ words: wordsOf(value), value: JSON.stringify(value) })) };
  }
  const what = title ?? name;
  const isApproval = /^(is_?)?approv(ed?|al)$/i.test(name);
  return {
    name,
    choices: [
      { words: isApproval ? 'Approve' : `${what}: yes`, value: true },
      { words: isApproval ? 'Reject' : `${what}: no`, value: false },
    ],
  };
}

function wordsOf(value: unknown): string {
  const text = typeof value === 'string' ? value.replaceAll('_', ' ') : JSON.stringify(value);
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}

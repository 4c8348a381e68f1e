import type { Json } from '../base/json.js';
import { estimateBytes } from '../base/json-size.js';
import { readOf } from '../expressions/reads.js';

/** Longer names are cut. */
const MAX_NAME_LENGTH = 200;
/** Larger items are named by their type and size: 10,000 of them would take long to be written. */
const MAX_ITEM_BYTES = 1000;

/** The name of the branch of an item: text as it is, anything else as JSON, on one line of 200 characters at most. */
export function nameItem(item: Json): string {
  const name = textOf(item).replaceAll(/\s+/g, ' ');
  const isShort = name.length <= MAX_NAME_LENGTH && !(typeof item === 'string' && item.length > MAX_ITEM_BYTES);
  // A character of two halves is not cut between them.
  return isShort ? name : `${name.slice(0, MAX_NAME_LENGTH - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}

function textOf(item: Json): string {
  if (typeof item === 'string') return item.slice(0, MAX_ITEM_BYTES);
  const read = readOf('', item);
  if ('type' in read && estimateBytes(item, MAX_ITEM_BYTES) > MAX_ITEM_BYTES) return `${read.type} of ${read.size}`;
  return JSON.stringify(item);
}

import { afterToken } from './template-text.js';
import { ExpressionError } from './values.js';

const NAME = /^[^\p{Cc}]+$/u;

/**
 * Puts a stand-in of the same length for each quoted field: the parser does not know `` x.`content-type` ``, which is CEL
 * for the field of that name.
 * @returns what the parser can read, and the names by the offsets of their stand-ins
 * @throws ExpressionError for a quoted name that is no field
 */
export function replaceQuotedFields(source: string): { source: string; names: ReadonlyMap<number, string> } {
  const names = new Map<number, string>();
  if (!/`/.test(source)) return { source, names };
  const parts: string[] = [];
  let copied = 0;
  for (let at = 0; at < source.length; ) {
    const end = afterToken(source, at);
    if (source[at] === '`') {
      const name = source.slice(at + 1, end - 1);
      refuseOtherNames(source, { at, end, name });
      names.set(at, name);
      parts.push(source.slice(copied, at), '_'.repeat(end - at));
      copied = end;
    }
    at = end;
  }
  return { source: parts.join('') + source.slice(copied), names };
}

function refuseOtherNames(source: string, { at, end, name }: { at: number; end: number; name: string }): void {
  const isField = /\.\s*\??\s*$/.test(source.slice(Math.max(0, at - 20), at));
  const isCalled = source.slice(end).trimStart().startsWith('(');
  if (end <= source.length && NAME.test(name) && isField && !isCalled) return;
  throw new ExpressionError('A name in "`" is that of a field, after a dot: data.`content-type`.', at + 1);
}

import type { ExpressionProblem } from './expressions.js';

/** Plain text, or the source of an expression with its offset in the string. */
export type TemplatePart = string | { readonly source: string; readonly start: number };

const UNTERMINATED = 'This "${" has no "}" that ends it. Write "$${" for a literal "${".';

type Split = { parts: TemplatePart[]; problem?: undefined } | { problem: ExpressionProblem; parts?: undefined };

/**
 * Splits a string into text and `${ expressions }`. `$${` is text: a literal `${`.
 * Braces inside an expression's maps, strings and comments do not end it. Empty text is omitted.
 */
export function splitTemplate(text: string): Split {
  const parts: TemplatePart[] = [];
  let plain = '';
  let at = 0;
  for (const { index, 0: mark } of text.matchAll(/\$?\$\{/g)) {
    // Inside an expression that is a part already.
    if (index < at) continue;
    plain += text.slice(at, index);
    at = index + mark.length;
    if (mark === '$${') {
      plain += '${';
      continue;
    }
    const end = endOfExpression(text, at);
    if (end === undefined) return { problem: { message: UNTERMINATED, position: index + 1 } };
    if (plain !== '') parts.push(plain);
    plain = '';
    parts.push({ source: text.slice(at, end), start: at });
    at = end + 1;
  }
  plain += text.slice(at);
  if (plain !== '' || parts.length === 0) parts.push(plain);
  return { parts };
}

/** Where the `}` is that ends an expression; undefined if none does. */
function endOfExpression(text: string, start: number): number | undefined {
  let depth = 0;
  let at = start;
  while (at < text.length) {
    const character = text[at];
    if (character === '}' && depth === 0) return at;
    if (character === '{') depth += 1;
    if (character === '}') depth -= 1;
    at = afterToken(text, at);
  }
  return undefined;
}

/** The offset after a string or comment that begins here, else after one character. */
function afterToken(text: string, at: number): number {
  const character = text[at];
  if (character === '"' || character === "'") return endOfString(text, at, character);
  return text.startsWith('//', at) ? endOfLine(text, at) : at + 1;
}

/** The offset after a string of the expression language: quoted once or three times, `\` before any character. */
function endOfString(text: string, start: number, quote: string): number {
  const mark = text.startsWith(quote.repeat(3), start) ? quote.repeat(3) : quote;
  let at = start + mark.length;
  while (at < text.length && !text.startsWith(mark, at)) at += text[at] === '\\' ? 2 : 1;
  return at + mark.length;
}

function endOfLine(text: string, start: number): number {
  const end = text.indexOf('\n', start);
  return end === -1 ? text.length : end;
}

/** What other languages have in place of an operator of CEL, where the parser stops at it, and what to write instead. */
const FOREIGN: readonly { readonly pattern: RegExp; readonly hint: string }[] = [
  // In `===` and `!==` the parser stops at the last character.
  { pattern: /(?<=!=\s*)=/y, hint: 'Write "!=" for "is not equal".' },
  { pattern: /=/y, hint: 'Write "==" to compare.' },
  { pattern: /(?<=<)>/y, hint: 'Write "!=" for "is not equal".' },
  { pattern: /&/y, hint: 'Write "&&" for "and".' },
  { pattern: /\|/y, hint: 'Write "||" for "or".' },
  { pattern: /and\b/iy, hint: 'Write "&&" for "and".' },
  { pattern: /or\b/iy, hint: 'Write "||" for "or".' },
  { pattern: /(?<=\bnot\s+)\S/iy, hint: 'Write "!" for "not".' },
  { pattern: /\$\{/y, hint: 'The expression stands alone here: remove "${" and "}".' },
];

/** `{{ data.x }}` of other templates, and what is left of `${{ data.x }}`. A map has a colon. */
const IN_BRACES = /^\s*\{+\s*[A-Za-z_][^:]*\}\s*$/;

/** How far back a pattern looks: the white space before a character can be as long as the source. */
const LOOK_BACK = 10;

/**
 * Says what to write in place of syntax that CEL does not have.
 * @param at the offset of the character that the parser does not take
 */
export function hintForForeign(source: string, at: number): string | undefined {
  if (IN_BRACES.test(source)) return 'Remove the braces around the expression.';
  const from = Math.max(0, at - LOOK_BACK);
  const around = source.slice(from, at + LOOK_BACK);
  return FOREIGN.find(({ pattern }) => {
    pattern.lastIndex = at - from;
    return pattern.test(around);
  })?.hint;
}

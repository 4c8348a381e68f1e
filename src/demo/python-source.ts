/** What opens a comment or a string, and for each what ends it: an escape goes on, anything else is the end. */
const OPENINGS = /#|"""|'''|"|'/g;
const ENDINGS = {
  '#': /[\r\n]/g,
  '"""': /\\.?|"""/gs,
  "'''": /\\.?|'''/gs,
  '"': /\\(?:\r\n|.)?|"|[\r\n]/gs,
  "'": /\\(?:\r\n|.)?|'|[\r\n]/gs,
};

const DEFINITION = /(?<![\p{L}\p{N}_])def[ \t\f]+([\p{L}_][\p{L}\p{N}_]*)/gu;
const DECISION = /(?<![\p{L}\p{N}_])(?:if|elif|for|while|and|or|except|case)(?![\p{L}\p{N}_])/gu;

/**
 * The Python code that a run is given: its input as text, or as an object with the text under `code`.
 * @throws Error when the input is neither.
 */
export function sourceOf(input: unknown): string {
  if (typeof input === 'string') return input;
  if (typeof input === 'object' && input !== null && 'code' in input && typeof input.code === 'string') {
    return input.code;
  }
  throw new Error('input_data must be Python source, as a string or as an object with the string under "code"');
}

/** Names of the functions and methods that the source defines, in order. */
export function functionNames(source: string): string[] {
  return Array.from(codeOf(source).matchAll(DEFINITION), (match) => match[1] ?? '');
}

/** McCabe's cyclomatic number: 1 + the decision points, of which each keyword is one. */
export function cyclomaticNumber(source: string): number {
  return 1 + (codeOf(source).match(DECISION)?.length ?? 0);
}

/**
 * The source without comments and strings. What an f-string holds in braces is a part of the string.
 * A loop rather than one regular expression, whose stack a long string would overflow.
 */
function codeOf(source: string): string {
  const code: string[] = [];
  let position = 0;
  for (let opening = search(OPENINGS, source, 0); opening !== null; opening = search(OPENINGS, source, position)) {
    code.push(source.slice(position, opening.index));
    position = endOf(source, opening[0] as keyof typeof ENDINGS, opening.index + opening[0].length);
  }
  return [...code, source.slice(position)].join(' ');
}

/** Where the comment or string ends that was opened; the end of the source if nothing ends it. */
function endOf(source: string, opening: keyof typeof ENDINGS, from: number): number {
  const pattern = ENDINGS[opening];
  let ending = search(pattern, source, from);
  while (ending?.[0].startsWith('\\')) ending = search(pattern, source, ending.index + ending[0].length);
  // A line's end stays, since code goes on after it.
  return ending === null ? source.length : ending.index + (/[\r\n]/.test(ending[0]) ? 0 : ending[0].length);
}

function search(pattern: RegExp, source: string, from: number): RegExpExecArray | null {
  pattern.lastIndex = from;
  return pattern.exec(source);
}

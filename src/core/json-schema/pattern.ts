import { RE2JS } from 're2js';
import { messageOf } from '../base/errors.js';

/** Most characters of a pattern. */
const MAX_PATTERN_LENGTH = 1000;
/** Most instructions of a pattern, about: 2,500 of them take 50 ms to compile. */
const MAX_INSTRUCTIONS = 1500;
/** Characters times instructions that are done in one step of a check: each pair takes up to 40 ns. */
const PAIRS_PER_STEP = 5;

/** ECMAScript's white space, and all else; RE2 knows that of ASCII. */
const SPACE = '\\t-\\r \\x{A0}\\x{1680}\\x{2000}-\\x{200A}\\x{2028}\\x{2029}\\x{202F}\\x{205F}\\x{3000}\\x{FEFF}';
const NO_SPACE =
  '\\x{0}-\\x{8}\\x{E}-\\x{1F}!-\\x{9F}\\x{A1}-\\x{167F}\\x{1681}-\\x{1FFF}\\x{200B}-\\x{2027}\\x{202A}-\\x{202E}' +
  '\\x{2030}-\\x{205E}\\x{2060}-\\x{2FFF}\\x{3001}-\\x{FEFE}\\x{FF00}-\\x{10FFFF}';
/** What `.` matches: ECMAScript has four ends of a line, RE2 one. */
const ANY = '[^\\n\\r\\x{2028}\\x{2029}]';
/** The names of general categories that ECMAScript has beside the short ones. */
const CATEGORIES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    Letter: 'L',
    Uppercase_Letter: 'Lu',
    Lowercase_Letter: 'Ll',
    Titlecase_Letter: 'Lt',
    Modifier_Letter: 'Lm',
    Other_Letter: 'Lo',
    Mark: 'M',
    Number: 'N',
    Decimal_Number: 'Nd',
    digit: 'Nd',
    Letter_Number: 'Nl',
    Other_Number: 'No',
    Punctuation: 'P',
    punct: 'P',
    Symbol: 'S',
    Separator: 'Z',
    Space_Separator: 'Zs',
  }),
);

/** Escapes, classes, groups, counted repeats, and any other character. */
const TOKEN =
  /\\[pP]\{[^}]*\}|\\u[dD][89abAB]\w\w\\u[dD][c-fC-F]\w\w|\\u\{\w*\}|\\u\w{4}|\\c[A-Za-z]|\\.|\[\^?\]|\[\^?|\]|\((?:\?(?:<\w+>|[:=!]|<[=!]|[a-z-]*:?))?|\)|\{\d+(?:,\d*)?\}|[\s\S]/gu;

/** A regular expression whose time is linear in the text. */
export interface Pattern {
  /** True if it matches anywhere in the text. */
  test(text: string): boolean;
  /** Of the program: what compiling takes, and what each character of a text takes. */
  readonly instructions: number;
  /** What a search in a text costs, in steps of a check. */
  costOf(text: string): number;
}

/** A pattern that cannot be used. The message says what to do. */
class PatternError extends Error {}

/**
 * Compiles a regular expression of ECMAScript with the flag `u`, as JSON Schema has them, for RE2, whose time is linear in
 * the text whatever the pattern is. What RE2 has not (look-around, back-references) is refused.
 * @throws PatternError
 */
export function compilePattern(source: string): Pattern {
  if (source.length > MAX_PATTERN_LENGTH) {
    throw new PatternError(`A pattern has at most ${MAX_PATTERN_LENGTH} characters.`);
  }
  const { text, instructions: most } = translate(source);
  if (most > MAX_INSTRUCTIONS) {
    throw new PatternError(
      'The pattern is too large: its counted repeats, such as {1,500}, are written out. Use smaller ones, or maxLength.',
    );
  }
  const compiled = compileRe2(text);
  const instructions = compiled.programSize();
  return {
    instructions,
    test: (value) => compiled.test(value),
    costOf: (value) => 1 + (value.length * instructions) / PAIRS_PER_STEP,
  };
}

function compileRe2(text: string): RE2JS {
  try {
    return RE2JS.compile(text);
  } catch (thrown) {
    const reason = messageOf(thrown).replace('error parsing regexp: ', '');
    throw new PatternError(
      `The pattern is no regular expression that can be used: ${reason}. There are no look-arounds and no back-references.`,
    );
  }
}

interface Group {
  sum: number;
  /** The last thing in it, which a count repeats. */
  last: number;
}

/** The translated text, and about how many instructions it becomes: at least as many as it does. */
function translate(source: string): { text: string; instructions: number } {
  const parts: string[] = [];
  const groups = new Groups();
  let isInClass = false;
  for (const [token] of source.matchAll(TOKEN)) {
    const isEmptyClass = !isInClass && /^\[\^?\]$/.test(token);
    parts.push(isInClass ? textInClass(token) : textOf(token));
    if (!isInClass) groups.count(token);
    if (!isEmptyClass) isInClass = isInClass ? !token.endsWith(']') || token.startsWith('\\') : token.startsWith('[');
  }
  return { text: parts.join(''), instructions: groups.total() };
}

/** Counts instructions: a count writes out what stands before it so many times. */
class Groups {
  readonly #open: Group[] = [{ sum: 2, last: 0 }];

  count(token: string): void {
    const group = this.#open.at(-1) as Group;
    if (token.startsWith('(')) this.#open.push({ sum: 2, last: 0 });
    else if (token === ')' && this.#open.length > 1) {
      this.#open.pop();
      this.#add(group.sum + group.last);
    } else if (/^\{\d/.test(token)) group.last *= 2 * Math.max(1, ...(token.match(/\d+/g) as string[]).map(Number));
    else this.#add(1);
  }

  #add(instructions: number): void {
    const group = this.#open.at(-1) as Group;
    group.sum += group.last;
    group.last = instructions;
  }

  total(): number {
    return this.#open.reduce((total, { sum, last }) => total + sum + last, 0);
  }
}

/** A token outside a class, as RE2 writes it. */
function textOf(token: string): string {
  if (token === '.') return ANY;
  if (token === '[]') return '[^\\x{0}-\\x{10FFFF}]';
  if (token === '[^]') return '[\\x{0}-\\x{10FFFF}]';
  if (token === '\\s') return `[${SPACE}]`;
  if (token === '\\S') return `[${NO_SPACE}]`;
  return escapeOf(token);
}

function textInClass(token: string): string {
  if (token === '\\s') return SPACE;
  if (token === '\\S') return NO_SPACE;
  if (token === '\\b') return '\\x{8}';
  // RE2 knows classes such as `[:alpha:]`.
  return token.startsWith('[') ? `\\${token}` : escapeOf(token);
}

/** Letters that mean something after a backslash; RE2 gives a meaning to others, which ECMAScript refuses. */
const ESCAPES = /^\\(?:[bBdDwWtnvfrx]|[^A-Za-z0-9]|[1-9])$/;

function escapeOf(token: string): string {
  if (!token.startsWith('\\')) return token;
  const property = /^\\([pP])\{(?:(?:General_Category|gc|Script|sc)=)?(\w+)\}$/.exec(token);
  if (property !== null) return `\\${property[1]}{${CATEGORIES.get(property[2] as string) ?? property[2]}}`;
  const [first, second] = [...token.matchAll(/\\u\{?([0-9a-fA-F]+)\}?/g)].map(([, hex]) => hex);
  if (first !== undefined && second !== undefined) {
    const pair = String.fromCharCode(Number.parseInt(first, 16), Number.parseInt(second, 16));
    return `\\x{${(pair.codePointAt(0) as number).toString(16)}}`;
  }
  if (first !== undefined) return `\\x{${first}}`;
  if (/^\\c./.test(token)) return `\\x{${(token.charCodeAt(2) % 32).toString(16)}}`;
  if (token === '\\0') return '\\x{0}';
  if (token === '\\/') return '/';
  if (ESCAPES.test(token)) return token;
  throw new PatternError(`The pattern has ${token}, which is no escape that can be used here.`);
}

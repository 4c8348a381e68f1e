import type { Json } from '../../core/base/json.js';
import { parseAnswerJson } from '../answer-json.js';

/** Most fenced blocks, and most values between words, that are tried: the last ones, where models put their answer. */
const MAX_CANDIDATES = 4;
/** Most brackets that nothing closes. Each costs a pass over the rest of the text. */
const MAX_UNCLOSED = 5;

/** JSON that was found in a text. */
export interface FoundJson {
  readonly value: Json;
  /** A line for the log, if something is not kept as it came. */
  readonly notes: readonly string[];
}

/**
 * Finds JSON in the text of a model: the whole of it, or what stands after its reasoning, in a fenced block, or between
 * words. Gives everything that can be parsed, the likeliest first, and a dozen at most.
 * @throws AnswerJsonError if it holds a number that cannot be kept
 */
export function* findJson(text: string): Generator<FoundJson> {
  const seen = new Set<string>();
  for (const candidate of candidatesIn(text.trim())) {
    const found = seen.has(candidate) ? undefined : parseOrNothing(candidate);
    seen.add(candidate);
    if (found !== undefined) yield found;
  }
}

function* candidatesIn(text: string): Generator<string> {
  yield text;
  const answer = withoutReasoning(text);
  yield answer;
  // Splitting takes linear time, which a regular expression for fences does not.
  const blocks = answer.split('```').filter((_part, index) => index % 2 === 1);
  for (const block of blocks.slice(-MAX_CANDIDATES).reverse()) yield block.replace(/^[\w-]*\s/, '').trim();
  yield* valuesBetweenWords(answer).slice(-MAX_CANDIDATES).reverse();
}

/** The tags that models put around what they think before they answer. */
const REASONING_TAGS = [
  ['<think>', '</think>'],
  ['<thinking>', '</thinking>'],
  ['<thought>', '</thought>'],
  ['<reasoning>', '</reasoning>'],
  ['[THINK]', '[/THINK]'],
] as const;

/** What follows the reasoning. Reasoning that never ends is no answer, though drafts can stand in it. */
function withoutReasoning(text: string): string {
  const ends = REASONING_TAGS.map(([, tag]) => (text.includes(tag) ? text.lastIndexOf(tag) + tag.length : 0));
  const answer = text.slice(Math.max(...ends));
  const starts = REASONING_TAGS.map(([tag]) => answer.indexOf(tag)).filter((start) => start !== -1);
  return answer.slice(0, Math.min(answer.length, ...starts)).trim();
}

/** Objects and lists in a text, as far as brackets tell: the outermost ones. */
function valuesBetweenWords(text: string): string[] {
  const values: string[] = [];
  const opening = /[{[]/g;
  let unclosed = 0;
  for (let match = opening.exec(text); match !== null && unclosed < MAX_UNCLOSED; match = opening.exec(text)) {
    const end = endOfValue(text, match.index);
    if (end === undefined) unclosed += 1;
    else {
      values.push(text.slice(match.index, end));
      opening.lastIndex = end;
    }
  }
  return values;
}

/**
 * Where the bracket at `start` is closed; undefined if it is not. Brackets in strings do not count. No regular expression
 * does this in linear time for quotes that nothing closes.
 */
function endOfValue(text: string, start: number): number | undefined {
  let depth = 0;
  for (let index = start; index < text.length; index++) {
    const character = text[index];
    if (character === '"') index = endOfString(text, index);
    else if (character === '{' || character === '[') depth += 1;
    else if (character === '}' || character === ']') depth -= 1;
    if (depth === 0) return index + 1;
  }
  return undefined;
}

/** Where the quote stands that ends a string, or the end of the text. */
function endOfString(text: string, start: number): number {
  let index = start + 1;
  while (index < text.length && text[index] !== '"') index += text[index] === '\\' ? 2 : 1;
  return index;
}

function parseOrNothing(text: string): FoundJson | undefined {
  const notes: string[] = [];
  try {
    return text === '' ? undefined : { value: parseAnswerJson(text, (line) => notes.push(line)), notes };
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return undefined;
    throw thrown;
  }
}

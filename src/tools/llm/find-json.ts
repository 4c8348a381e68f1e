import type { Json } from '../../core/base/json.js';
import { endOfString } from '../../core/base/json-text.js';
import { parseText } from './parse-text.js';

/** Most fenced blocks, and most values between words, that are tried: the last ones, where models put their answer. */
const MAX_CANDIDATES = 4;
/** Most brackets that nothing closes. Each costs a pass over the rest of the text. */
const MAX_UNCLOSED = 5;

const [QUOTE, LIST_START, LIST_END, MAP_START, MAP_END] = [34, 91, 93, 123, 125];

/** JSON that was found in a text. */
export interface FoundJson {
  readonly value: Json;
  /** A line for the log, if something is not kept as it came. */
  readonly notes: readonly string[];
}

/**
 * Finds JSON in the text of a model: the whole of it, or what stands after its reasoning, in a fenced block, or between
 * words. Gives everything that can be parsed, the likeliest first, and a dozen at most.
 * @throws AnswerJsonError if it holds a number that cannot be kept, or more than can be parsed
 */
export async function* findJson(text: string): AsyncGenerator<FoundJson> {
  const seen = new Set<string>();
  for (const candidate of candidatesIn(text.trim())) {
    const found = seen.has(candidate) ? undefined : await parseOrNothing(candidate);
    seen.add(candidate);
    if (found !== undefined) yield found;
  }
}

function* candidatesIn(text: string): Generator<string> {
  yield text;
  const answer = withoutReasoning(text);
  yield answer;
  for (const block of fencedBlocks(answer)) yield block.replace(/^[\w-]*\s/, '').trim();
  yield* valuesBetweenWords(answer).slice(-MAX_CANDIDATES).reverse();
}

const FENCE = '```';

/** What stands in fences: the last ones, from the end. A regular expression for fences does not take linear time. */
function fencedBlocks(text: string): string[] {
  const fences: number[] = [];
  for (let at = text.indexOf(FENCE); at !== -1; at = text.indexOf(FENCE, at + FENCE.length)) fences.push(at);
  // A block begins at the first fence, the third, the fifth. The last one can lack its end.
  const lastStart = fences.length - 1 - ((fences.length + 1) % 2);
  const starts = Array.from({ length: MAX_CANDIDATES }, (_, index) => lastStart - 2 * index);
  return starts
    .filter((index) => index >= 0)
    .map((index) => text.slice(fences[index], fences[index + 1]).slice(FENCE.length));
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
    const code = text.charCodeAt(index);
    if (code === QUOTE) index = endOfString(text, index) - 1;
    else if (code === MAP_START || code === LIST_START) depth += 1;
    else if (code === MAP_END || code === LIST_END) depth -= 1;
    if (depth === 0) return index + 1;
  }
  return undefined;
}

async function parseOrNothing(text: string): Promise<FoundJson | undefined> {
  const notes: string[] = [];
  try {
    return text === '' ? undefined : { value: await parseText(text, (line) => notes.push(line)), notes };
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return undefined;
    throw thrown;
  }
}

import { AnswerJsonError, parseAnswerSteps } from '../../core/base/answer-json.js';
import type { Json } from '../../core/base/json.js';
import { endOfString } from '../../core/base/json-text.js';
import { createPacer, type Steps } from '../../core/base/steps.js';
import { inTurns } from '../in-turns.js';

/**
 * Most lists and objects in a text, and most commas. Neither `JSON.parse` nor a check by a schema can be interrupted: four
 * megabytes of text that are nothing but brackets would stop the server for seconds, and no model has so much to say.
 */
const MAX_CONTAINERS = 200_000;
const MAX_COMMAS = 600_000;

const [QUOTE, COMMA, LIST_START, MAP_START] = [34, 44, 91, 123];

/** The text has more in it than can be parsed while others wait. */
export class TooManyPartsError extends AnswerJsonError {}

/**
 * Parses JSON text of a model, or around what it says, in turns.
 * @throws what `parseAnswerJson` throws; TooManyPartsError
 */
export async function parseText(text: string, note?: (line: string) => void): Promise<Json> {
  if (text.length > MAX_CONTAINERS) await inTurns(refuseManyParts(text));
  return inTurns(parseAnswerSteps(text, note));
}

function* refuseManyParts(text: string): Steps<void> {
  const isDue = createPacer();
  let [containers, commas] = [0, 0];
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfString(text, at) - 1;
    else if (code === LIST_START || code === MAP_START) containers += 1;
    else if (code === COMMA) commas += 1;
    if (containers > MAX_CONTAINERS) throw new TooManyPartsError(`more than ${MAX_CONTAINERS} lists and objects`);
    if (commas > MAX_COMMAS) throw new TooManyPartsError(`more than ${MAX_COMMAS} values`);
    if (isDue()) yield;
  }
}

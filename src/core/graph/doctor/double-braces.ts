import { type Json, type JsonObject, pointerToken } from '../../base/json.js';
import { createPacer, type Steps } from '../../base/steps.js';
import { splitTemplate } from '../../expressions/template-text.js';
import { type GraphDefinition, paramsOf } from '../definition.js';
import type { GraphWarning } from './codes.js';

/** A name, and what can follow one, between two braces. Bounded, so that long texts stay cheap. */
const DOUBLE_BRACES = /\{\{\s{0,20}[\p{L}_$][^{}]{0,200}\}\}/u;
const MAX_SHOWN = 40;

/** Warns of `{{ name }}` in params: the templates of other programs, which here are text as it stands. */
export function* warnOfBraces({ nodes }: GraphDefinition): Steps<GraphWarning[]> {
  const warnings: GraphWarning[] = [];
  const isDue = createPacer();
  for (const [index, node] of nodes.entries()) {
    yield* searchParts(paramsOf(node), `/nodes/${index}/params`, warnings, isDue);
  }
  return warnings;
}

function* searchParts(
  whole: Json[] | JsonObject,
  pointer: string,
  warnings: GraphWarning[],
  isDue: () => boolean,
): Steps<void> {
  for (const [key, part] of Object.entries(whole) as Iterable<[string, Json]>) {
    if (typeof part === 'string') warnings.push(...warnOfText(part, pointer, key));
    else if (typeof part === 'object' && part !== null) {
      yield* searchParts(part as Json[] | JsonObject, pointer + pointerToken(key), warnings, isDue);
    }
    if (isDue()) yield;
  }
}

function warnOfText(text: string, parent: string, key: string): GraphWarning[] {
  if (!text.includes('{{')) return [];
  const plain = splitTemplate(text).parts?.filter((part) => typeof part === 'string') ?? [];
  const found = plain.map((part) => DOUBLE_BRACES.exec(part)?.[0]).find((match) => match !== undefined);
  if (found === undefined) return [];
  const shown = found.length > MAX_SHOWN ? `${found.slice(0, MAX_SHOWN)}…` : found;
  const message = `"${shown}" is passed on as it stands: only "\${ expression }" becomes a value.`;
  return [{ pointer: parent + pointerToken(key), code: 'double_braces', message }];
}

import { type Json, MAX_JSON_DEPTH } from '../base/json.js';
import { findUnsafeNumbers } from '../base/json-numbers.js';
import { isDeeperThan } from '../base/json-scan.js';
import { finishSteps } from '../base/steps.js';
import { boundText, type Call, type ExpressionFunction, TEXT } from './function.js';
import { ExpressionError, JSON_KINDS, measureText } from './values.js';

/** Characters of text that is read or written for one unit of work. */
const CHARACTERS_PER_UNIT = 4;
/** `JSON.parse` takes 30 ns for each character of a list of small numbers, measured. */
const JSON_CHARACTERS_PER_UNIT = 2;

const BASE64 = /^(?:[A-Za-z0-9+/]*={0,2}|[A-Za-z0-9_-]*={0,2})$/;
/** What `encodeURIComponent` leaves as it is, and RFC 3986 (section 2.2) has as delimiters. */
const DELIMITERS = /[!'()*]/g;

/** Functions between text and other forms of it. */
export const CODECS: Readonly<Record<string, ExpressionFunction>> = {
  json: { params: [TEXT], result: 'any', run: ([text], call) => parseJson(text, call) },
  toJson: { params: [JSON_KINDS], result: 'string', run: ([value], call) => writeJson(value, call) },
  urlEncode: { params: [TEXT], result: 'string', run: ([text], call) => encodeForUrl(text, call) },
  base64: { params: [TEXT], result: 'string', run: ([text], call) => encodeBase64(text, call) },
  base64Decode: { params: [TEXT], result: 'string', run: ([text], call) => decodeBase64(text, call) },
};

function spendOn(text: string, { meter, at }: Call, charactersPerUnit = CHARACTERS_PER_UNIT): void {
  meter.spend(Math.ceil(text.length / charactersPerUnit), at);
}

/** The value of JSON text. Numbers that a double does not hold exactly are refused, as in literals. */
function parseJson(text: string, call: Call): Json {
  spendOn(text, call, JSON_CHARACTERS_PER_UNIT);
  let value: Json;
  try {
    value = JSON.parse(text);
  } catch {
    // Without the words of the parser: they show what it has read, which can be a secret.
    throw new ExpressionError('json() takes JSON text, and this is none.', call.at);
  }
  if (isDeeperThan(value, MAX_JSON_DEPTH)) {
    throw new ExpressionError(`This JSON has more than ${MAX_JSON_DEPTH} levels of nesting.`, call.at);
  }
  if (hasUnsafeNumber(text)) {
    throw new ExpressionError('This JSON has a number that is too large to be kept exactly.', call.at);
  }
  return value;
}

/** True for JSON with a number that overflows, or a whole number of more than 53 bits. */
function hasUnsafeNumber(json: string): boolean {
  let isFound = false;
  finishSteps(
    findUnsafeNumbers(json, () => {
      isFound = true;
    }),
  );
  return isFound;
}

function writeJson(value: Json, call: Call): string {
  // Measured before it is written: what is shared in memory is written each time.
  measureText(value, call.meter, call.at);
  return boundText(JSON.stringify(value), call);
}

/** Everything but letters, digits, `-`, `.`, `_` and `~` in percent-encoding (RFC 3986, section 2.1). */
function encodeForUrl(text: string, call: Call): string {
  spendOn(text, call);
  refuseSurrogates('urlEncode', text, call);
  const encoded = encodeURIComponent(text).replace(
    DELIMITERS,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return boundText(encoded, call);
}

/** The bytes of text in UTF-8 as base64 (RFC 4648, section 4). */
function encodeBase64(text: string, call: Call): string {
  spendOn(text, call);
  refuseSurrogates('base64', text, call);
  return boundText(Buffer.from(text).toString('base64'), call);
}

/** The text of base64, in either alphabet, with or without padding. */
function decodeBase64(text: string, call: Call): string {
  spendOn(text, call);
  const digits = text.replace(/=+$/, '');
  if (!BASE64.test(text) || digits.length % 4 === 1 || (digits !== text && text.length % 4 !== 0)) {
    throw new ExpressionError('base64Decode() takes base64, and this is none.', call.at);
  }
  let decoded: string;
  try {
    decoded = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(text, 'base64'));
  } catch {
    throw new ExpressionError('These bytes are no text in UTF-8.', call.at);
  }
  return boundText(decoded, call);
}

/** Half of a surrogate pair has no bytes in UTF-8: it would become another character. */
function refuseSurrogates(name: string, text: string, { at }: Call): void {
  if (!/\p{Surrogate}/u.test(text)) return;
  throw new ExpressionError(`${name}() takes text without lone surrogates.`, at);
}

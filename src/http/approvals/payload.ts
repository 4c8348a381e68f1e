import { assertNever } from '../../core/base/assert-never.js';
import { type Json, MAX_JSON_DEPTH } from '../../core/base/json.js';
import { scanJson } from '../../core/base/json-scan.js';
import { numberProblemsIn } from '../../core/base/problems.js';
import { finishSteps } from '../../core/base/steps.js';
import type { Field, Fields } from './fields.js';

/** What somebody has put into a form: texts by the names of fields. */
export type FormValues = ReadonlyMap<string, string>;

/** What is wrong with fields, by their names. */
export type FieldProblems = ReadonlyMap<string, string>;

/** The value of a field; that it was left empty, and need not be there; or what is wrong with it. */
type Reading = { readonly value: Json } | { readonly problem: string } | 'omitted';

/** The values of a form as browsers send it. Of several with one name, the last counts: a button is behind its fields. */
export function valuesOf(form: URLSearchParams): FormValues {
  return new Map(form);
}

/**
 * The answer that a form says.
 * @see https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#constructing-the-form-data-set for line breaks
 */
export function readPayload(
  fields: Fields,
  values: FormValues,
): { readonly payload: Json; readonly problems: FieldProblems } {
  const problems = new Map<string, string>();
  const entries: [string, Json][] = [];
  let whole: Json = null;
  for (const field of fields) {
    const reading = readField(field, (values.get(field.name) ?? '').replaceAll('\r\n', '\n'));
    if (reading === 'omitted') continue;
    if ('problem' in reading) problems.set(field.name, reading.problem);
    else if (field.key === null) whole = reading.value;
    else entries.push([field.key, reading.value]);
  }
  const isObject = fields.some(({ key }) => key !== null);
  return { payload: isObject ? Object.fromEntries(entries) : whole, problems };
}

const EMPTY = 'Please fill this in.';

function readField(field: Field, text: string): Reading {
  const { kind, isRequired } = field;
  // A text that has to be there can be empty, if its schema does not say otherwise.
  const isText = kind === 'line' || kind === 'text';
  if (text === '' && !(isText && isRequired)) return isRequired ? { problem: EMPTY } : 'omitted';
  switch (kind) {
    case 'line':
    case 'text':
      return { value: text };
    case 'number':
      return readNumber(text.trim());
    case 'decision':
    case 'yes_no':
    case 'choice':
      return readChoice(field, text);
    case 'json':
      return readJson(text);
    case 'any': {
      const reading = readJson(text);
      return isWritten(reading) ? reading : { value: text };
    }
    default:
      return assertNever(kind);
  }
}

/** True unless a text is no JSON at all, but words. */
function isWritten(reading: Reading): boolean {
  return typeof reading === 'object' && !('problem' in reading && reading.problem === NOT_JSON);
}

function readChoice({ choices }: Field, text: string): Reading {
  const chosen = choices.find(({ value }) => JSON.stringify(value) === text);
  return chosen === undefined ? { problem: 'Please choose one of these.' } : { value: chosen.value };
}

const NUMBER = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i;

function readNumber(text: string): Reading {
  if (!NUMBER.test(text)) return { problem: 'Please give a number.' };
  const json = asJson(text);
  // Of bodies, `12345678901234567890.5` is rounded; here a person would see other digits before the point.
  const isChanged = [json, json.replace(/\.\d*$/, '')].some((each) => finishSteps(numberProblemsIn(each)).length > 0);
  return isChanged ? { problem: 'This number has too many digits.' } : { value: Number(text) };
}

/** A number as JSON writes it, as far as it matters: with digits before the point, and without a plus. */
function asJson(number: string): string {
  return number.replace(/^\+/, '').replace(/^(-?)(?=\.)/, (sign) => `${sign}0`);
}

const NOT_JSON = 'This is not JSON. Texts need double quotes.';

function readJson(text: string): Reading {
  let value: Json;
  try {
    value = JSON.parse(text);
  } catch {
    return { problem: NOT_JSON };
  }
  const { isPoisoned, isTooDeep } = finishSteps(scanJson(value, MAX_JSON_DEPTH));
  if (isPoisoned) return { problem: 'This has a key that no document can have.' };
  if (isTooDeep) return { problem: 'This is nested too deep.' };
  const [first] = finishSteps(numberProblemsIn(text));
  return first === undefined ? { value } : { problem: first.message };
}

import { copyJson, isPlainObject, type Json } from './json.js';
import { CUT, type Hidden, MaskedStream, SHORTEST_PART } from './masked-stream.js';
import { encodeForForm } from './url-encoding.js';

/** Hides the values of secrets in the logs, errors and patches of a step. */
export interface Mask {
  text(text: string): string;
  /** For text that comes in pieces. */
  stream(): MaskedStream;
  /** A copy with every secret hidden, in keys too. What is not JSON becomes a function, which no store accepts. */
  value<T>(value: T): T;
  /** What was thrown, for the log of the server. */
  error(thrown: unknown): unknown;
}

/** Hides nothing: most steps use no secret. */
export const NO_MASK: Mask = {
  text: (text) => text,
  stream: () => new MaskedStream([]),
  value: (value) => value,
  error: (thrown) => thrown,
};

/** What is shown in place of a secret. */
export function secretLabel(name: string): string {
  return `[secret ${name}]`;
}

/** A mask for the secrets of these names: each value, however it is written, becomes `[secret NAME]`. */
export function maskFor(names: readonly string[], secrets: Readonly<Record<string, string>>): Mask {
  const hidden: readonly Hidden[] = names
    .flatMap((name) => formsOf(secrets[name] ?? '').map((form) => ({ form, label: secretLabel(name) })))
    // A secret that is part of another one must not break that one up.
    .sort((a, b) => b.form.length - a.form.length);
  const text = (whole: string): string => {
    const masked = hidden.reduce((all, { form, label }) => all.replaceAll(form, label), whole);
    return masked.includes(CUT) ? hidden.reduce((all, { form, label }) => hideCut(all, form, label), masked) : masked;
  };
  // Only a number that is the secret as a whole: most numbers that hold its digits have nothing to do with it.
  const number = (value: number): Json => hidden.find(({ form }) => form === String(value))?.label ?? value;
  return {
    text,
    stream: () => new MaskedStream(hidden),
    value: (value) => (value === undefined ? value : (maskValue(value, text, number) as typeof value)),
    error: (thrown) => maskError(thrown, text),
  };
}

/** A value as it is, and as URLs, forms, JSON and HTML write it, and trimmed, as in headers. Longest first, each once. */
function formsOf(value: string): string[] {
  const lines = value.replaceAll(/\s+/g, ' ');
  const plain = [value, value.trim(), lines, lines.trim()];
  const written = plain.flatMap((each) => [each, inJson(each), inJson(inJson(each)), ...inUrls(each), ...inHtml(each)]);
  return [...new Set(written)].filter((form) => form !== '');
}

/** As a string in JSON; of a string that is itself JSON, as services quote requests in their answers, once more. */
function inJson(value: string): string {
  return JSON.stringify(value).slice(1, -1);
}

/** Percent-encoded: by RFC 3986, by forms, and by the URL parser in queries and paths, where much stays as it is. */
function inUrls(value: string): string[] {
  const encoded = [
    encodeURIComponent(value),
    encodeForForm(value),
    new URL(`http://host/?v=${value.replaceAll('#', '%23')}`).search.slice('?v='.length),
    ...['http://host/', 'http://host/?v='].map((before) => inUrl(before, value)),
  ];
  return encoded.flatMap((each) => [each, each.replaceAll(/%[0-9A-F]{2}/g, (code) => code.toLowerCase())]);
}

/** As a URL shows what is written into it. What it resolves, such as `x/..`, is no longer the value. */
function inUrl(before: string, value: string): string {
  const shown = new URL(before + value).href.slice(before.length);
  return shown.length < value.length ? value : shown;
}

/** Pages that show errors write quotes and apostrophes in several ways. */
function inHtml(value: string): string[] {
  const escaped = value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  const quoted = ['&quot;', '&#34;'].map((quote) => escaped.replaceAll('"', quote));
  const apostrophes = quoted.flatMap((text) => ['&#39;', '&#x27;', '&apos;'].map((each) => text.replaceAll("'", each)));
  return [escaped, ...quoted, ...apostrophes];
}

/** Hides the beginning of a secret at the end of a text that was cut. */
function hideCut(whole: string, form: string, label: string): string {
  let text = whole;
  for (let length = form.length - 1; length >= Math.min(SHORTEST_PART, form.length - 1) && length > 0; length -= 1) {
    text = text.replaceAll(form.slice(0, length) + CUT, label + CUT);
  }
  return text;
}

function maskValue(value: unknown, text: (text: string) => string, number: (value: number) => Json): unknown {
  let copy: Json;
  try {
    copy = copyJson(value);
  } catch {
    // It is refused as a patch too; without the value, so that the refusal cannot show it.
    return () => undefined;
  }
  return maskJson(copy, text, number);
}

function maskJson(value: Json, text: (text: string) => string, number: (value: number) => Json): Json {
  if (typeof value === 'string') return text(value);
  if (typeof value === 'number') return number(value);
  if (Array.isArray(value)) return value.map((item: Json) => maskJson(item, text, number));
  if (!isPlainObject(value)) return value;
  const entries = Object.entries(value).map(([key, item]) => [text(key), maskJson(item as Json, text, number)]);
  return Object.fromEntries(entries);
}

/** Only what a log needs is kept: causes and fields of errors can hold anything. */
function maskError(thrown: unknown, text: (text: string) => string): unknown {
  if (!(thrown instanceof Error)) return text(String(thrown));
  const error = new Error(text(thrown.message));
  error.name = thrown.name;
  error.stack = text(thrown.stack ?? '');
  return error;
}

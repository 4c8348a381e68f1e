import { isWellFormed } from '../../core/base/json.js';

const PLACEHOLDER = /\{([A-Za-z0-9_.-]+)\}/g;
/** `.` and `..`, which URLs resolve, percent-encoded too: https://url.spec.whatwg.org/#single-dot-path-segment */
const DOT_SEGMENT = /^(?:\.|%2e){1,2}$/i;

/** Values for the `{names}` of a URL. */
export type PathValues = Readonly<Record<string, string | number | boolean>>;

/** Says why a URL cannot be filled with these values; undefined if it can. */
export function whyNotFillable(url: string, path: PathValues): string | undefined {
  const names = new Set([...url.matchAll(PLACEHOLDER)].map(([, name = '']) => name));
  const extra = Object.keys(path).find((name) => !names.has(name));
  if (extra !== undefined) return `The URL has no {${extra}}, for which path has a value`;
  const missing = [...names].find((name) => !Object.hasOwn(path, name));
  if (missing !== undefined) return `path has no value for {${missing}}`;
  const empty = Object.keys(path).find((name) => path[name] === '');
  if (empty !== undefined) return `The value of path for {${empty}} is empty`;
  const broken = Object.keys(path).find((name) => !isWellFormed(String(path[name])));
  if (broken !== undefined) return `The value of path for {${broken}} has half of a surrogate pair`;
  // They would lead out of the path, and cannot be encoded.
  const isResolved = url.split(/[/?#]/).some((part) => part.includes('{') && DOT_SEGMENT.test(fillUrl(part, path)));
  return isResolved ? 'The values of path make a part of the URL "." or ".."' : undefined;
}

/** Puts values into the `{names}` of a URL, each percent-encoded as a whole. */
export function fillUrl(url: string, path: PathValues): string {
  return url.replaceAll(PLACEHOLDER, (whole, name: string) =>
    Object.hasOwn(path, name) ? encodeURIComponent(String(path[name])) : whole,
  );
}

import { RUN_ERRORS } from '../base/errors.js';
import { copyJson, freezeJson, type Json, jsonBytes, MAX_JSON_DEPTH } from '../base/json.js';
import { isDeeperThan } from '../base/json-scan.js';
import { estimateBytes } from '../base/json-size.js';
import type { Mask } from '../base/mask.js';

/** Largest `details` of an error, as JSON text. */
export const MAX_DETAILS_BYTES = 65_536;

/** Longest code that a tool can give an error. */
const MAX_CODE_LENGTH = 100;

/** `details` stand in `data.error.details`. */
export const MAX_DETAILS_DEPTH = MAX_JSON_DEPTH - 2;

/** How graphs tell an error of a tool apart. */
export interface FailureKind {
  /** The tool's own code, or `tool_failed`. */
  readonly code: string;
  readonly details?: Json;
  /** Why `details` are not what the tool gave. */
  readonly note?: string;
}

/** Says why a tool cannot give an error this code; undefined if it can. */
export function whyNotErrorCode(code: string): string | undefined {
  if (code.length > MAX_CODE_LENGTH || !/^[a-z0-9_]+$/.test(code)) {
    return `A code has the characters a-z, 0-9 and "_", at most ${MAX_CODE_LENGTH}`;
  }
  return Object.hasOwn(RUN_ERRORS, code) ? 'This code is one of the server itself' : undefined;
}

/**
 * Reads `code` and `details` of what a tool threw, with secrets hidden. A code that a tool cannot have becomes part of
 * the details of `tool_failed`. Never throws.
 */
export function readFailureKind(thrown: unknown, mask: Mask): FailureKind {
  const own = fieldsOf(thrown);
  const read = own.details === undefined || own.details === null ? {} : readDetails(own.details, mask);
  if (own.code === undefined) return { code: 'tool_failed', ...read };
  const code = mask.text(own.code);
  if (whyNotErrorCode(code) === undefined) return { code, ...read };
  const { details, ...others } = read;
  const given = { code: code.slice(0, MAX_CODE_LENGTH) };
  return { code: 'tool_failed', ...others, details: details === undefined ? given : { ...given, details } };
}

function fieldsOf(thrown: unknown): { code?: string; details?: unknown } {
  try {
    if (!(thrown instanceof Error)) return {};
    const { code, details } = thrown as Error & { readonly code?: unknown; readonly details?: unknown };
    return typeof code === 'string' && code !== '' ? { code, details } : { details };
  } catch {
    // A getter that throws.
    return {};
  }
}

function readDetails(given: unknown, mask: Mask): Pick<FailureKind, 'details' | 'note'> {
  try {
    // An estimate is at most three times the size, and ends early: nobody waits while gigabytes are copied.
    if (estimateBytes(given as Json, 4 * MAX_DETAILS_BYTES) > 4 * MAX_DETAILS_BYTES) return tooLarge();
    const details = freezeJson(mask.value(copyJson(given)));
    if (isDeeperThan(details, MAX_DETAILS_DEPTH)) return omitted(`are nested deeper than ${MAX_DETAILS_DEPTH} levels`);
    return jsonBytes(details) > MAX_DETAILS_BYTES ? tooLarge() : { details };
  } catch {
    return omitted('are not JSON');
  }
}

function tooLarge(): Pick<FailureKind, 'note'> {
  return omitted(`take more than ${MAX_DETAILS_BYTES} bytes as JSON`);
}

function omitted(why: string): Pick<FailureKind, 'note'> {
  return { note: `The details of the error ${why}, and were omitted.` };
}

import { messageOf, type RunErrorCode } from '../base/errors.js';
import {
  copyJson,
  copyLargeJson,
  isLarge,
  isPlainObject,
  type Json,
  type JsonObject,
  jsonBytes,
  NotJsonError,
} from '../base/json.js';
import type { Steps } from '../base/steps.js';
import type { RunState } from './state.js';

/** Largest patch that a tool can return, and largest `data`, as JSON text. */
export const MAX_PATCH_BYTES = 1_048_576;
export const MAX_DATA_BYTES = 16_777_216;

/** A patch that may be stored, or why what a tool returned is none. */
export type Accepted =
  | { readonly patch: JsonObject; readonly code?: undefined }
  | { readonly code: RunErrorCode; readonly message: string; readonly details?: Json; readonly fatal?: boolean };

/** True for what a tool returned if it holds more than a thousand values. */
export function isLargePatch(value: unknown): value is object {
  try {
    return isLarge(value);
  } catch {
    // `acceptPatch` finds out what is wrong with it.
    return false;
  }
}

/**
 * Does in steps what {@link acceptPatch} takes longest for: gives it a copy of a large value, which it need not copy again.
 * What cannot be copied stays as it is; `acceptPatch` says why.
 */
export function* preparePatch(value: object): Steps<unknown> {
  try {
    return yield* copyLargeJson(value);
  } catch {
    return value;
  }
}

/** Copies what a tool returned into a frozen patch, within the limits. Nothing at all is an empty patch. */
export function acceptPatch(state: RunState, value: unknown, maxBytes = MAX_PATCH_BYTES): Accepted {
  if (value === undefined || value === null) return { patch: {} };
  const refuse = (message: string): Accepted => ({ code: 'invalid_patch', message: `The tool returned ${message}.` });
  if (!isPlainObject(value)) return refuse(`${articled(value)}, not a plain object`);
  try {
    const patch = copyJson(value) as JsonObject;
    const bytes = jsonBytes(patch);
    if (bytes > maxBytes) return refuse(`a patch of ${bytes} bytes; ${maxBytes} are allowed`);
    return fits(state, patch, bytes) ? { patch } : tooMuchData();
  } catch (thrown) {
    return refuse(
      thrown instanceof NotJsonError
        ? `a patch that is not JSON: ${thrown.message}`
        : `a patch that threw: ${messageOf(thrown)}`,
    );
  }
}

/** What cannot be kept of a step that has done its work: it is not done again, because it would come to the same. */
export function asFinal(accepted: Accepted): Accepted {
  return accepted.code === undefined ? accepted : { ...accepted, fatal: true };
}

function tooMuchData(): Accepted {
  return { code: 'data_too_large', message: `The patch would make data larger than ${MAX_DATA_BYTES} bytes.` };
}

/** Measures `data` only when what was written since the last snapshot could have filled it. */
function fits(state: RunState, patch: JsonObject, patchBytes: number): boolean {
  // Signals that are kept are in the snapshot, or in the journal since.
  const bound = state.snapshotBytes + state.journalBytes - (state.inbox?.bytes ?? 0) + patchBytes;
  // What a branch has from its parent is shared with it, and counts there.
  return bound <= MAX_DATA_BYTES || jsonBytes({ ...(state.own ?? state.data), ...patch }) <= MAX_DATA_BYTES;
}

/** A value's type in words, with its article. */
export function articled(value: unknown): string {
  if (value === undefined || value === null) return String(value);
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

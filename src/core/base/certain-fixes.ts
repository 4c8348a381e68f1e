import type { Problem } from './errors.js';
import type { Json } from './json.js';
import { applyPatch, type JsonPatch, type PatchOperation, parentOf } from './json-patch.js';
import { estimateBytes } from './json-size.js';
import type { Steps } from './steps.js';

/** Most fixes that are tried for a document, and the size up to which any are: each try checks all of it again. */
const MAX_TRIES = 20;
const MAX_BYTES = 65_536;

/** How fixes of a document are found. */
export interface FixSearch {
  /** What probably corrects a problem. */
  readonly propose: (problem: Problem) => JsonPatch | undefined;
  /** The errors and warnings of a document. */
  readonly check: (document: Json) => Steps<Found>;
}

interface Found {
  readonly errors: readonly Problem[];
  readonly warnings: readonly Problem[];
}

/**
 * Adds to problems the fixes that are certain. Each is tried: it has to remove the problem, and to add no error. All can be
 * applied, from the last to the first: one that would move what an earlier one names is left for the next check. Looks at
 * the first 20 problems that can have one, and at documents up to 64 kB.
 */
export function* addFixes<F extends Found>(document: Json, found: F, { propose, check }: FixSearch): Steps<F> {
  if (estimateBytes(document, MAX_BYTES) > MAX_BYTES) return found;
  const fixes = new Map<Problem, JsonPatch>();
  let tries = 0;
  for (const problem of [...found.errors, ...found.warnings]) {
    const fix = tries < MAX_TRIES ? propose(problem) : undefined;
    if (fix === undefined) continue;
    tries += 1;
    const after = yield* check(applyPatch(document, fix));
    const isFree = ![...fixes.values()].some((earlier) => spoils(fix, earlier));
    if (isFree && isBetter(found, after, problem.code)) fixes.set(problem, fix);
    yield;
  }
  const withFix = <P extends Problem>(problem: P): P => {
    const fix = fixes.get(problem);
    return fix === undefined ? problem : { ...problem, fix };
  };
  return { ...found, errors: found.errors.map(withFix), warnings: found.warnings.map(withFix) };
}

/** Whether a patch cannot be applied as it was meant once another one has been. */
function spoils(first: JsonPatch, then: JsonPatch): boolean {
  const places = then.flatMap((operation) =>
    operation.op === 'move' ? [operation.from, operation.path] : [operation.path],
  );
  return first.some((operation) =>
    places.some((place) => place === operation.path || isMoved(place, removedBy(operation))),
  );
}

function removedBy(operation: PatchOperation): string | undefined {
  if (operation.op === 'remove') return operation.path;
  return operation.op === 'move' ? operation.from : undefined;
}

/** Whether a place is, or is in, what is removed, or an item after it in its list. */
function isMoved(place: string, removed: string | undefined): boolean {
  if (removed === undefined) return false;
  if (`${place}/`.startsWith(`${removed}/`)) return true;
  const list = `${parentOf(removed)}/`;
  return place.startsWith(list) && Number.parseInt(place.slice(list.length), 10) > Number(removed.slice(list.length));
}

/** Places can have moved, so what is compared is how often each code is found. */
function isBetter(before: Found, after: Found, code: string): boolean {
  const count = ({ errors, warnings }: Found, one: string): number =>
    [...errors, ...warnings].filter((problem) => problem.code === one).length;
  if (count(after, code) >= count(before, code)) return false;
  return after.errors.every(({ code: one }) => count(after, one) <= count(before, one));
}

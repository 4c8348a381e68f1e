import { distance } from 'fastest-levenshtein';

/** Letters compared: the cost grows with their square, and names can have 200. */
const MAX_LETTERS = 64;

/**
 * The known name that a misspelt one most likely means: the nearest by edit distance,
 * if at most a third of the letters (and at least two) differ.
 */
export function nearestName(name: string, known: Iterable<string>): string | undefined {
  const wanted = name.slice(0, MAX_LETTERS).toLowerCase();
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.floor(wanted.length / 3)) + 1;
  for (const candidate of known) {
    const apart = distance(wanted, candidate.slice(0, MAX_LETTERS).toLowerCase());
    if (apart < bestDistance) {
      best = candidate;
      bestDistance = apart;
    }
  }
  return best;
}

/**
 * The known name that a misspelt one surely means: the only one of which at most a third of the letters differ, or two
 * neighbours are swapped. Of a name of one or two letters, only the case can differ.
 */
export function surelyMeant(name: string, known: Iterable<string>): string | undefined {
  const wanted = name.slice(0, MAX_LETTERS).toLowerCase();
  const most = Math.floor(wanted.length / 3);
  const near = [...known].filter((each) => {
    const candidate = each.slice(0, MAX_LETTERS).toLowerCase();
    return distance(wanted, candidate) <= most || (most > 0 && isSwapped(wanted, candidate));
  });
  return near.length === 1 ? near[0] : undefined;
}

/** True if two neighbouring letters of one are swapped in the other. */
function isSwapped(a: string, b: string): boolean {
  const at = [...a].findIndex((letter, index) => letter !== b[index]);
  return a.slice(0, at) + a.charAt(at + 1) + a.charAt(at) + a.slice(at + 2) === b;
}

/** The known key that an unknown one of a document surely means: the only one that has it as a word, or is near. */
export function surelyMeantKey(key: string, known: readonly string[]): string | undefined {
  const longer = known.filter((each) => each.split('_').includes(key.toLowerCase()));
  return longer.length === 1 ? longer[0] : surelyMeant(key, known);
}

/** The hint that goes with an unknown name, as an object to spread into a problem. */
export function didYouMean(name: string, known: Iterable<string>): { hint?: string } {
  const near = nearestName(name, known);
  return near === undefined ? {} : { hint: `Did you mean "${near}"?` };
}

/**
 * The hint that goes with an unknown key of a document: the one known key that has it as a word (`from` for `from_node`,
 * `tool` for `tool_name`), else the nearest one.
 */
export function didYouMeanKey(key: string, known: readonly string[]): { hint?: string } {
  const longer = known.filter((each) => each.split('_').includes(key.toLowerCase()));
  return didYouMean(longer.length === 1 ? String(longer[0]) : key, known);
}

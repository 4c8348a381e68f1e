/**
 * What a database is, going by the migrations that were applied to it:
 * - `ours`: new, or made by this version of the program or an older one
 * - `foreign`: made by another program
 * - `newer`: made by a newer version of this program
 */
export type DatabaseOrigin = 'ours' | 'foreign' | 'newer';

/**
 * Tells what a database is.
 * @param known the migrations of this version, by the time at which they were made
 * @param applied those that the database says it has had
 * @param hasTables true if there is any table beside the history
 */
export function originOf(known: readonly number[], applied: readonly number[], hasTables: boolean): DatabaseOrigin {
  const [first] = applied;
  if (first === undefined ? hasTables : first !== known[0]) return 'foreign';
  return applied.some((time, index) => time !== known[index]) ? 'newer' : 'ours';
}

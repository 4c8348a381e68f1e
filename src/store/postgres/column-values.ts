const RUN_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** True for what can be the id of a run here. Postgres answers with an error to a comparison with anything else. */
export function isRunId(text: string): boolean {
  return RUN_ID.test(text);
}

/** False for what no text of Postgres can be, and a comparison with which is an error: one with a NUL. */
export function isStorable(text: string): boolean {
  return !text.includes('\0');
}

/** A text as in JSON, without the quotes: each has its own, and those without special characters stay as they are. */
export function escapeText(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

/** The greatest number in a column of integers: seqs, numbers of lines, versions. */
export const MAX_INTEGER = 2 ** 31 - 1;

/** A number as a column of integers can be compared with it. */
export function toInteger(value: number): number {
  return Math.max(-MAX_INTEGER, Math.min(Math.floor(value), MAX_INTEGER));
}

/** A number as a column of times can be compared with it. */
export function toBigint(value: number): number {
  return Math.max(Number.MIN_SAFE_INTEGER, Math.min(Math.floor(value), Number.MAX_SAFE_INTEGER));
}

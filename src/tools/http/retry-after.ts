/** The longest pause that a server can ask for, in seconds. */
export const MAX_RETRY_AFTER_SECONDS = 86_400;

/** As an answer has it: a list if it came several times. */
type HeaderValue = string | readonly string[] | null | undefined;

/**
 * Seconds to wait, from a Retry-After header (RFC 9110 section 10.2.3): a number of seconds, or a date in any of the
 * three forms of RFC 9110 section 5.6.7. Undefined for anything else. At most a day.
 * @param now Milliseconds since 1970.
 */
export function parseRetryAfter(value: HeaderValue, now: number): number | undefined {
  const text = typeof value === 'string' ? value.trim() : '';
  if (/^\d+$/.test(text)) return Math.min(Number(text), MAX_RETRY_AFTER_SECONDS);
  if (!/^[a-z]{3,9},? /i.test(text)) return undefined;
  // The form of asctime has no zone; all three mean UTC.
  const time = Date.parse(/GMT$/i.test(text) ? text : `${text} GMT`);
  if (Number.isNaN(time)) return undefined;
  return Math.min(Math.max(0, Math.ceil((time - now) / 1000)), MAX_RETRY_AFTER_SECONDS);
}

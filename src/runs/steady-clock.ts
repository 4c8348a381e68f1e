/**
 * A clock that is never behind the system's, and never goes back: milliseconds since 1970. If the system's clock is set
 * back, this one goes on as time passes. So what is due in a minute is due in a minute, whatever is set meanwhile. A new
 * process begins with the system's clock again.
 * @param wall the system's clock, in milliseconds since 1970
 * @param elapsed milliseconds since some moment, as they pass; it can stand still while the system sleeps
 */
export function steadyClock(wall: () => number, elapsed: () => number): () => number {
  let latest = wall();
  let at = elapsed();
  return () => {
    const moment = elapsed();
    latest = Math.max(wall(), latest + Math.max(0, moment - at));
    at = moment;
    return Math.floor(latest);
  };
}

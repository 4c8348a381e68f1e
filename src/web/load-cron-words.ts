export type CronWords = (pattern: string) => string | undefined;

/**
 * The words for cron patterns, loaded once. Without them, for example because the server is gone, patterns are shown as they
 * are written, and the next call tries again.
 */
export async function loadCronWords(): Promise<CronWords> {
  try {
    return (await import('./cron-words.js')).describeCron;
  } catch {
    return () => undefined;
  }
}

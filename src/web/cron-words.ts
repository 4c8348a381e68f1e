import { toString as inWords } from 'cronstrue';

/**
 * A cron pattern in words, such as `At 09:00, Monday through Friday`; `undefined` for those that the words would be wrong
 * for, or that they do not know. A bundle of its own, loaded with the first schedule that is shown: it is a third as large
 * as the rest of the page.
 */
export function describeCron(pattern: string): string | undefined {
  if (hasUnevenSteps(pattern)) return undefined;
  try {
    return inWords(pattern, { use24HourTimeFormat: true, throwExceptionOnParseError: true });
  } catch {
    return undefined;
  }
}

/**
 * A step of 45 in minutes is at :00 and :45, and not "every 45 minutes", as the words would say. The same holds for seconds and
 * hours: steps begin anew with each minute, hour and day.
 */
function hasUnevenSteps(pattern: string): boolean {
  const fields = pattern.trim().split(/\s+/);
  const [seconds = '', minutes = '', hours = ''] = fields.length === 6 ? fields : ['', ...fields];
  return isUneven(seconds, 60) || isUneven(minutes, 60) || isUneven(hours, 24);
}

function isUneven(field: string, size: number): boolean {
  const step = /^\*\/(\d+)$/.exec(field)?.[1];
  return step !== undefined && size % Number(step) !== 0;
}

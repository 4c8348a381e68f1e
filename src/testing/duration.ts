const UNITS_MS = {
  ms: 1,
  second: 1000,
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
  week: 604_800_000,
} as const;

type Unit = keyof typeof UNITS_MS;

/** `2 days`, `90 seconds`, `1 ms`; or a number of milliseconds. */
export type Duration = number | `${number} ${Unit | `${Exclude<Unit, 'ms'>}s`}`;

/**
 * A duration in milliseconds.
 * @throws RangeError if it is none
 */
export function millisecondsOf(duration: Duration): number {
  const [, count, unit = 'ms'] = /^([\d.]+(?:e[+-]\d+)?)(?: ([a-z]+))?$/.exec(String(duration)) ?? [];
  const name = unit === 'ms' ? unit : unit.replace(/s$/, '');
  const ms = Number(count) * (Object.hasOwn(UNITS_MS, name) ? UNITS_MS[name as Unit] : Number.NaN);
  if (ms >= 0 && Number.isFinite(ms)) return ms;
  throw new RangeError(`${JSON.stringify(duration)} is no duration. Give milliseconds, or text such as "2 days".`);
}

/** `120 ms`, `3.4 s`, `2 min 5 s`, `1 h 3 min`. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

/** How long something took, or has taken so far. */
export function elapsed(from: string | null, to: string | null): string {
  if (from === null) return '–';
  return duration((to === null ? Date.now() : Date.parse(to)) - Date.parse(from));
}

/** How far away a moment is: `in 12 s`, `3 h 10 min ago`, `in 4 d 2 h`, `now`. */
export function relative(iso: string, now = Date.now()): string {
  const ms = Date.parse(iso) - now;
  const seconds = Math.round(Math.abs(ms) / 1000);
  if (seconds === 0) return 'now';
  // Minutes stand alone: their seconds would only tick.
  const text = span(seconds, seconds < 3600 ? 1 : 2);
  return ms > 0 ? `in ${text}` : `${text} ago`;
}

const UNITS = [
  ['d', 86_400],
  ['h', 3600],
  ['min', 60],
  ['s', 1],
] as const;

/** A number of seconds, as `1 h 30 min`: all of it, or only so many of its largest units. */
export function span(seconds: number, count: number = UNITS.length): string {
  const largest = UNITS.findIndex(([, size]) => seconds >= size);
  let rest = seconds;
  const parts = UNITS.slice(largest, largest + count).map(([unit, size]) => {
    const amount = Math.floor(rest / size);
    rest %= size;
    return amount === 0 ? '' : `${amount} ${unit}`;
  });
  return parts.filter((part) => part !== '').join(' ');
}

const TIME = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });

export function time(iso: string): string {
  return TIME.format(new Date(iso));
}

export function pretty(value: unknown): string {
  return JSON.stringify(value, null, 2) ?? 'null';
}

/** A value on one line, cut. */
export function brief(value: unknown, length = 80): string {
  const text = JSON.stringify(value) ?? 'null';
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}

/** The last part of a run id: the first part is the time, and alike for runs of one minute. */
export function shortId(id: string): string {
  return id.length > 12 ? `…${id.slice(-12)}` : id;
}

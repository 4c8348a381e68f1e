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

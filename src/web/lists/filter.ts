/** Hours back, by the name of a range of time in the address. */
export const RANGES: Readonly<Record<string, readonly [words: string, hours: number]>> = {
  hour: ['The last hour', 1],
  day: ['The last 24 hours', 24],
  week: ['The last 7 days', 168],
};

/** Pages that were left for older ones, and the one that is shown, which is the last. */
export function cursorsOf(query: URLSearchParams): readonly string[] {
  return query.getAll('cursor');
}

/**
 * What the API is asked for, but for the page. A range of time ends now, whenever that is; to the minute, so that a page stays
 * the same.
 */
export function searchOf(query: URLSearchParams, now = Date.now()): URLSearchParams {
  const search = new URLSearchParams(query);
  const range = RANGES[query.get('range') ?? ''];
  search.delete('range');
  search.delete('cursor');
  if (range !== undefined) {
    const minute = Math.floor(now / 60_000) * 60_000;
    search.set('submitted_after', new Date(minute - range[1] * 3_600_000).toISOString());
  }
  return search;
}

/** The address of a list with another filter, or another page. */
export function withParam(query: URLSearchParams, name: string, values: readonly string[]): string {
  const next = new URLSearchParams(query);
  next.delete('cursor');
  next.delete(name);
  for (const value of values) next.append(name, value);
  return `#/runs${next.size === 0 ? '' : `?${next}`}`;
}

/** The filter of a list as the body of a request has it. A list without a filter is all runs. */
export function filterOf(search: URLSearchParams): Record<string, unknown> {
  const metadata: Record<string, string> = {};
  const filter: Record<string, unknown> = {};
  for (const [name, value] of search) {
    if (name.startsWith('metadata.')) metadata[name.slice('metadata.'.length)] = value;
    else if (name === 'status') filter.status = value.split(',');
    else if (name === 'paused') filter.paused = value === 'true';
    else filter[name] = value;
  }
  if (Object.keys(metadata).length > 0) filter.metadata = metadata;
  return Object.keys(filter).length === 0 ? { all: true } : filter;
}

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

/** Options that are no settings, or are settings by another name. */
const NAMES: Readonly<Record<string, string>> = { database: 'DATABASE_URL', mcpConfigPath: 'MCP_CONFIG' };
/** Functions, where the setting has names of modules. */
const FUNCTIONS = 'tools';

/**
 * Options as the environment would have them, so that they have the bounds, and the messages, of settings.
 * @example environmentOf({ database: 'a.db', maxQueuedRuns: 10 }) // { DATABASE_URL: 'a.db', MAX_QUEUED_RUNS: '10' }
 */
export function environmentOf(options: object): Record<string, string> {
  const pairs = Object.entries(options).flatMap(([key, value]): [string, string][] => {
    const text = key === FUNCTIONS ? undefined : textOf(value);
    return text === undefined ? [] : [[NAMES[key] ?? settingName(key), text]];
  });
  return Object.fromEntries(pairs);
}

/** `maxQueuedRuns` is `MAX_QUEUED_RUNS`. */
function settingName(key: string): string {
  return key.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}

/** Undefined for what no setting can be, such as functions. */
function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (!Array.isArray(value)) return undefined;
  const items = value.map(itemText);
  return items.every((item) => item !== undefined) ? items.join(',') : undefined;
}

/** A place or a key; or a pair, as limits of tools and keys with names are. */
function itemText(item: unknown): string | undefined {
  if (typeof item === 'string') return item;
  if (Array.isArray(item)) return item.join(':');
  return typeof item === 'object' && item !== null && 'key' in item && 'name' in item
    ? `${item.name}:${item.key}`
    : undefined;
}

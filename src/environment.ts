import { didYouMean } from './core/base/nearest-name.js';

/** Options that have no setting: functions, or what only a program can give. */
export const OWN_OPTIONS = [
  'tools',
  'toolModules',
  'secrets',
  'logger',
  'demo',
  'anyHost',
  'allowsUnsignedHooks',
  'now',
  'random',
  'onFatal',
];
/** Settings of a process that listens and logs by itself. */
export const PROCESS_SETTINGS = ['HOST', 'PORT', 'LOG_LEVEL', 'TOOLS'];
/** Options that are settings by another name. */
export const RENAMED_OPTIONS: Readonly<Record<string, string>> = {
  database: 'DATABASE_URL',
  mcpConfigPath: 'MCP_CONFIG',
};

/**
 * Options as the environment would have them, so that they have the bounds, and the messages, of settings.
 * @param settings the names of all settings
 * @example environmentOf({ database: 'a.db', maxQueuedRuns: 10 }, SETTING_NAMES) // { DATABASE_URL: 'a.db', MAX_QUEUED_RUNS: '10' }
 * @throws Error for an option that there is not, with what it may be meant to be
 */
export function environmentOf(options: object, settings: readonly string[]): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const [key, value] of Object.entries(options)) {
    if (OWN_OPTIONS.includes(key) || value === undefined) continue;
    const name = RENAMED_OPTIONS[key] ?? settingName(key);
    if (!settings.includes(name) || PROCESS_SETTINGS.includes(name))
      throw new Error(`These options cannot be used: ${whyUnknown(key, settings)}`);
    if (value === '') throw new Error(`These options cannot be used: ${key} is "".`);
    const text = textOf(value);
    if (text !== '') environment[name] = text;
  }
  return environment;
}

function whyUnknown(key: string, settings: readonly string[]): string {
  const known = [
    ...OWN_OPTIONS,
    ...Object.keys(RENAMED_OPTIONS),
    ...settings.filter((name) => !PROCESS_SETTINGS.includes(name)).map(optionName),
  ];
  const { hint } = didYouMean(key, known);
  return `there is no option ${key}.${hint === undefined ? '' : ` ${hint}`}`;
}

/** `maxQueuedRuns` is `MAX_QUEUED_RUNS`. */
function settingName(key: string): string {
  return key.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}

function optionName(setting: string): string {
  return setting.toLowerCase().replaceAll(/_(.)/g, (_, letter: string) => letter.toUpperCase());
}

/** A list has commas between its items. Empty ones are as if they were not there. */
function textOf(value: unknown): string {
  return Array.isArray(value) ? value.map(itemText).join(',') : String(value);
}

/** A place or a key; or a pair, as limits of tools and keys with names are. */
function itemText(item: unknown): string {
  if (Array.isArray(item)) return item.join(':');
  return typeof item === 'object' && item !== null && 'key' in item && 'name' in item
    ? `${item.name}:${item.key}`
    : String(item);
}

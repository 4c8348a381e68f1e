import { distance } from 'fastest-levenshtein';

/** A variable that is nearly the name of a setting. */
export interface MisnamedSetting {
  readonly name: string;
  /** The setting that it most likely means. */
  readonly meant: string;
}

/** What people put before names of settings, as other programs have it. */
const PREFIX = 'GRAPHRUNNER_';
/** What the SDK of OpenTelemetry reads by itself, for each kind of telemetry. */
const SIGNALS = /^OTEL_EXPORTER_OTLP_(TRACES|METRICS|LOGS)_/;
/** Longer names are not compared: the cost grows with the square of the length. */
const MAX_LETTERS = 64;

/**
 * Variables that look like settings of ours, and are none, so that they do nothing. Only near misses: an environment is
 * full of variables of others, such as `HOSTNAME` and `HOME`, which are no misses of `HOST`.
 * @param names of variables
 * @param settings names of settings
 */
export function findMisnamedSettings(names: readonly string[], settings: readonly string[]): MisnamedSetting[] {
  return names.flatMap((name) => {
    if (settings.includes(name) || name.length > MAX_LETTERS || SIGNALS.test(name)) return [];
    const meant = settings.find((setting) => isNear(name, setting));
    return meant === undefined ? [] : [{ name, meant }];
  });
}

/** What is said of a misnamed setting, without its value. */
export function describeMisnamed({ name, meant }: MisnamedSetting): string {
  return `${name} is no setting, and does nothing; ${meant} is one`;
}

function isNear(name: string, setting: string): boolean {
  // In the letters that settings have: `port` and `Log-Level` are what they look like.
  const word = name.toUpperCase().replaceAll(/[-.]/g, '_');
  // The last words are missing, as in `STEP_TIMEOUT`.
  if (word.includes('_') && setting.startsWith(`${word}_`)) return true;
  if (word === `${PREFIX}${setting}`) return true;
  // Of a short name the first letter must be right: `SORT` is a word of others.
  if (setting.length <= 5 && word[0] !== setting[0]) return false;
  const apart = distance(word, setting);
  if (apart <= Math.max(1, Math.floor(setting.length / 5))) return true;
  // Two letters have changed places.
  return apart === 2 && sorted(word) === sorted(setting);
}

function sorted(text: string): string {
  return [...text].sort().join('');
}

import { SETTING_NAMES } from '../setting-names.js';

/** What the help says of settings. */
export function settingsText(): string {
  return [
    'Settings are environment variables, or lines of a file .env in the working directory:',
    ...SETTING_NAMES.map((name) => `  ${name}`),
    'What each means: docs/deployment.md, https://github.com/graphrunner/graphrunner#readme',
  ].join('\n');
}

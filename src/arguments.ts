import { parseArgs } from 'node:util';
import { isPostgresUrl } from './core/base/postgres-url.js';

/** What a command line asks for. */
export type Request =
  | { readonly kind: 'serve' }
  /** `--help` or `--version`, in this order if both are there. */
  | { readonly kind: 'help' }
  | { readonly kind: 'version' }
  | { readonly kind: 'migrate'; readonly from: string; readonly to: string | undefined }
  | { readonly kind: 'refuse'; readonly reason: string };

const OPTIONS = { help: { type: 'boolean', short: 'h' }, version: { type: 'boolean', short: 'v' } } as const;

/**
 * Reads a command line. All settings are environment variables, so there is little to read; anything else is refused,
 * so that a server is never started by mistake.
 * @param settings names of settings: who writes one as an option is told how to give it
 * @example readArguments(['--port', '9000'], ['PORT']) // { kind: 'refuse', reason: 'There is no option --port. ...' }
 */
export function readArguments(args: readonly string[], settings: readonly string[]): Request {
  const { tokens } = parseArgs({
    args: [...args],
    options: OPTIONS,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const given = new Set<string>();
  const words: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') words.push(token.value);
    if (token.kind === 'positional') continue;
    if (token.kind === 'option-terminator') continue;
    if (!Object.hasOwn(OPTIONS, token.name)) return refusal(whyNoOption(token.rawName, settings));
    if (token.value !== undefined) return refusal(`The option ${token.rawName} takes no value.`);
    given.add(token.name);
  }
  if (words.length > 0) return readCommand(words);
  if (given.has('help')) return { kind: 'help' };
  return { kind: given.has('version') ? 'version' : 'serve' };
}

function readCommand([command = '', from, to, ...others]: readonly string[]): Request {
  if (command !== 'migrate')
    return refusal(`There is no command ${JSON.stringify(shortened(withoutPassword(command)))}.`);
  if (from === undefined || others.length > 0 || (to !== undefined && !isPostgresUrl(to))) {
    return refusal('Usage: graphrunner migrate FILE [postgres://USER:PASSWORD@HOST/DATABASE].');
  }
  return { kind: 'migrate', from, to };
}

function refusal(reason: string): Request {
  return { kind: 'refuse', reason: `${reason} See graphrunner --help.` };
}

function whyNoOption(rawName: string, settings: readonly string[]): string {
  const name = rawName.replace(/^-+/, '').replaceAll('-', '_').toUpperCase();
  const setting = settings.includes(name)
    ? ` ${name} is a setting: an environment variable, as in ${name}=... graphrunner.`
    : '';
  return `There is no option ${shortened(rawName)}.${setting}`;
}

/** A URL can have been written where a command is expected. */
function withoutPassword(text: string): string {
  return text.replace(/\/\/.*@/, '//***@');
}

function shortened(text: string): string {
  return text.length <= 100 ? text : `${text.slice(0, 100)}…`;
}

/** What `--help` prints. */
export function helpText(settings: readonly string[]): string {
  return [
    'Usage: graphrunner [option]',
    '       graphrunner migrate FILE [postgres://USER:PASSWORD@HOST/DATABASE]',
    '',
    'Starts the server in the working directory: it makes or continues the database there, and listens.',
    'With migrate, moves all graphs and runs of a SQLite file to a Postgres database, and ends. Without its URL, that is',
    'DATABASE_URL: other users of the machine can read what a command line says.',
    '',
    '  -h, --help     Print this text',
    '  -v, --version  Print the version',
    '',
    'Settings are environment variables, or lines of a file .env in the working directory:',
    '',
    ...settings.map((name) => `  ${name}`),
    '',
    'Example: PORT=9000 DATABASE_URL=data/runs.db graphrunner',
    'What each setting means: docs/deployment.md, https://github.com/graphrunner/graphrunner#readme',
    '',
  ].join('\n');
}

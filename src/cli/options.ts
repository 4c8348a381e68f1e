import { type Command, InvalidArgumentError, Option } from 'commander';
import { CliError } from './cli-error.js';

/** Where a server is when nobody says so. */
export const DEFAULT_URL = 'http://127.0.0.1:8000';
const NO_URL = { protocol: '', username: '', password: '' };
const KEY_HINT = 'Put a key of the server into GRAPHRUNNER_API_KEY.';

/** What commands that ask a server are given. */
export interface ServerOptions {
  readonly url: string;
  readonly apiKey?: string;
  readonly json?: boolean;
}

/** Adds the options of commands that ask a server. */
export function addServerOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--url <url>', 'the server to ask').env('GRAPHRUNNER_URL').default(DEFAULT_URL).argParser(parseUrl),
    )
    .addOption(apiKeyOption())
    .option('--json', 'print JSON');
}

/** The option for the key of a server. */
export function apiKeyOption(): Option {
  return new Option(
    '--api-key <key>',
    'its API key; other users of the machine can read command lines: use the variable',
  )
    .env('GRAPHRUNNER_API_KEY')
    .argParser(parseKey);
}

/** An http:// or https:// URL, without slashes at its end. */
export function parseUrl(text: string): string {
  const { protocol, username, password } = URL.canParse(text) ? new URL(text) : NO_URL;
  const isHttp = protocol === 'http:' || protocol === 'https:';
  // Not repeated: it has a password.
  if (isHttp ? username + password !== '' : text.includes('@'))
    throw new CliError(`A URL of a server has no user and no password. ${KEY_HINT}`);
  if (!isHttp) throw new InvalidArgumentError('It must be an http:// or https:// URL.');
  return text.replace(/\/+$/, '');
}

/** A key as the server takes it. The message does not repeat it. */
function parseKey(text: string): string {
  if (!/^[\x21-\x7e]+$/.test(text))
    throw new CliError(`Keys have visible ASCII characters, and nothing else. ${KEY_HINT}`);
  return text;
}

/** A whole number that is not less than `min`. */
export function wholeNumber(min: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < min) {
      throw new InvalidArgumentError(`It must be a whole number from ${min} on.`);
    }
    return value;
  };
}

/** For options that can be repeated. */
export function collect(value: string, earlier: readonly string[] = []): string[] {
  return [...earlier, value];
}

/** Adds examples to the help of a command, and what else there is to say. */
export function addExamples(command: Command, examples: readonly string[], more?: string): Command {
  const text = ['', 'Examples:', ...examples.map((example) => `  ${example}`)];
  return command.addHelpText('after', [...text, ...(more === undefined ? [] : ['', more])].join('\n'));
}

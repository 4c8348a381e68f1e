import { type Command, CommanderError } from 'commander';
import { SETTING_NAMES } from '../setting-names.js';
import { CliError } from './cli-error.js';
import type { Context } from './context.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import { cutTo, inOneLine, writeLine } from './output.js';
import { buildProgram } from './program.js';
import type { Terminal } from './terminal.js';

/** The longest message; more of what somebody typed is not repeated. */
const MAX_LENGTH = 1000;
const MAX_WORD_LENGTH = 100;

/**
 * Does what a command line asks for.
 * @param args without the program itself
 * @returns the exit code
 * @example process.exitCode = await runProgram(process.argv.slice(2), processTerminal());
 */
export async function runProgram(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const context: Context = { terminal, exitCode: EXIT.done };
  // Without a command, the server: as it has always been.
  const asked = args.filter((arg) => arg !== '--').length === 0 ? ['serve'] : args;
  const program = buildProgram(context);
  try {
    await program.parseAsync([...asked], { from: 'user' });
    return context.exitCode;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT.done;
    const { says, message, exitCode } = describe(error, asked, program);
    const line = cutTo(inOneLine(message), MAX_LENGTH);
    writeLine(terminal.stderr, `${says}: ${line}`);
    return exitCode;
  }
}

/** What to tell of anything that was thrown. */
function describe(
  error: unknown,
  args: readonly string[],
  program: Command,
): Pick<CliError, 'says' | 'message' | 'exitCode'> {
  if (error instanceof CliError) return error;
  if (error instanceof CommanderError) return new CliError(describeUsage(error, args, program));
  return new CliError(error instanceof Error ? error.message : String(error), EXIT.no);
}

/** Commander's message as a sentence, with what the word that it does not know may have been meant to be. */
function describeUsage({ code, message }: CommanderError, args: readonly string[], program: Command): string {
  const [, word = ''] = /'([^']*)'/.exec(message) ?? [];
  const [, suggestion = ''] = /\(Did you mean ([^?]*)\?\)/.exec(message) ?? [];
  const hint = suggestion === '' ? '' : ` Did you mean ${suggestion}?`;
  const [command = ''] = args;
  const help = `See graphrunner ${/^[a-z]+$/.test(command) && code !== 'commander.unknownCommand' ? `${command} ` : ''}--help.`;
  if (code === 'commander.unknownOption')
    return `There is no option ${shown(word)}.${settingHint(word)}${placeHint(word, args, program)}${hint} ${help}`;
  if (code === 'commander.unknownCommand') return `There is no command ${JSON.stringify(shown(word))}.${hint} ${help}`;
  if (code === 'commander.help') return `A command is missing. ${help}`;
  const text = message.replace(/^error: /, '').replace(/\.?$/, '.');
  return `${text.charAt(0).toUpperCase()}${text.slice(1)} ${help}`;
}

/** Who writes a setting as an option is told how to give it. */
function settingHint(option: string): string {
  const name = option.replace(/^-+/, '').replace(/=.*$/, '').replaceAll('-', '_').toUpperCase();
  const isSetting = SETTING_NAMES.some((setting) => setting === name);
  return isSetting ? ` ${name} is a setting: an environment variable, as in ${name}=... graphrunner.` : '';
}

/** Options of commands come after the command. */
function placeHint(option: string, [first = '']: readonly string[], { commands }: Command): string {
  const isOfCommand = commands.some(({ options }) => options.some(({ long }) => long === option));
  return isOfCommand && first.startsWith('-') ? ' Options come after the command.' : '';
}

/** A URL can have been written where a command is expected. */
function shown(word: string): string {
  return cutTo(word.replace(/\/\/.*@/, '//***@'), MAX_WORD_LENGTH);
}

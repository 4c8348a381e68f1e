import { EXIT, type ExitCode } from './exit-codes.js';

/** Ends a command with one line on standard error. */
export class CliError extends Error {
  /**
   * @param message a sentence for the person who typed the command, and what to do
   * @param says what stands before it
   */
  constructor(
    message: string,
    readonly exitCode: ExitCode = EXIT.badInput,
    readonly says = 'graphrunner',
  ) {
    super(message);
    this.name = 'CliError';
  }
}

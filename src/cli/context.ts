import type { Command } from 'commander';
import type { ExitCode } from './exit-codes.js';
import type { Terminal } from './terminal.js';

/** What commands share. */
export interface Context {
  readonly terminal: Terminal;
  /** What the program ends with. */
  exitCode: ExitCode;
}

/** Adds one command, or some that belong together, to the program. */
export type AddCommand = (program: Command, context: Context) => void;

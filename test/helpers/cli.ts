import { PassThrough, Readable, Writable } from 'node:stream';
import { runProgram } from '../../src/cli/run-program.js';
import type { Terminal } from '../../src/cli/terminal.js';

export interface CliResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  /** What standard input holds. */
  readonly stdin?: string;
  /** Aborted: somebody has pressed Ctrl+C. */
  readonly interrupted?: AbortSignal;
}

/** Collects what is written. */
export class Written extends Writable {
  text = '';

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

/** Calls the command line in this process, with streams that are no terminal. */
export async function runCli(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  const { stdin = '', interrupted = new AbortController().signal } = options;
  const [stdout, stderr] = [new Written(), new Written()];
  const terminal = { stdin: Readable.from([Buffer.from(stdin)]), stdout, stderr, interrupted: () => interrupted };
  const code = await runProgram(args, terminal as unknown as Terminal);
  return { code, stdout: stdout.text, stderr: stderr.text };
}

/** A terminal of 80 columns, on which a test types. */
export function fakeTerminal(interrupted: AbortSignal = new AbortController().signal) {
  const size = { isTTY: true, columns: 80, rows: 24 };
  const stdin = Object.assign(new PassThrough(), { isTTY: true });
  const stdout = Object.assign(new Written(), size);
  const stderr = Object.assign(new Written(), size);
  const terminal = { stdin, stdout, stderr, interrupted: () => interrupted } as unknown as Terminal;
  return { terminal, stdin, stdout, stderr };
}

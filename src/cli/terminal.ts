import type { Readable, Writable } from 'node:stream';
import { EXIT } from './exit-codes.js';

/** A stream that is written to. On a terminal it knows how wide that is. */
export interface Output {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** A stream that is read from. */
export interface Input extends AsyncIterable<Buffer | string> {
  readonly isTTY?: boolean;
}

/** What a command reads from and writes to: the process, or what a test puts in its place. */
export interface Terminal {
  readonly stdin: Input & Readable;
  readonly stdout: Output & Writable;
  readonly stderr: Output;
  /** From the first call on, Ctrl+C does not end the process but aborts this. */
  interrupted(): AbortSignal;
}

/**
 * The terminal of this process. Output that nobody reads any more (`| head -1`) ends what goes on, without a word; output
 * that cannot be written for another reason, such as a full disk, is told, and is the exit code.
 */
export function processTerminal(): Terminal {
  let controller: AbortController | undefined;
  let isTold = false;
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    controller?.abort();
    if (error.code === 'EPIPE' || isTold) return;
    isTold = true;
    process.exitCode = EXIT.badInput;
    process.stderr.write(`graphrunner: standard output cannot be written: ${error.message}\n`);
  });
  process.stderr.on('error', () => undefined);
  return {
    // Opened only by commands that read it.
    get stdin() {
      return process.stdin;
    },
    stdout: process.stdout,
    stderr: process.stderr,
    interrupted() {
      if (controller !== undefined) return controller.signal;
      const made = new AbortController();
      controller = made;
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => made.abort());
      return made.signal;
    },
  };
}

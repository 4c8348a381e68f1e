/** What the program ends with. */
export const EXIT = {
  done: 0,
  no: 1,
  badInput: 2,
  unavailable: 3,
  waiting: 4,
  interrupted: 130,
} as const;

/** An exit code of the program. */
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** What each exit code means. `docs/cli.md` has the same table; a test compares. */
export const EXIT_MEANINGS: readonly (readonly [ExitCode, string])[] = [
  [EXIT.done, 'it is done, or the answer is yes'],
  [
    EXIT.no,
    'the answer is no: a graph has errors, a run failed or was cancelled, runs differ or cannot be moved, a replay goes another way; or the server cannot start',
  ],
  [EXIT.badInput, 'the command line, a file or what was asked for cannot be used'],
  [EXIT.unavailable, 'the server cannot be reached, or cannot do it now; or a replay does not know'],
  [EXIT.waiting, 'the run waits for somebody'],
  [EXIT.interrupted, 'it was interrupted with Ctrl+C'],
];

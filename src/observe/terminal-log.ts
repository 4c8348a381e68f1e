import type { DestinationStream } from 'pino';
import { prettyFactory } from 'pino-pretty';

/** What takes the text: standard output, or a test. */
export interface Terminal {
  write(text: string): unknown;
}

/**
 * Control characters in the JSON of a line, except line feeds and tabs. What clients send turns up in messages, and must
 * not move the cursor or change colours. An escaped backslash is matched first, so that what follows it stays text.
 */
const CONTROLS = /(\\\\)|\\[bfr]|\\u00[01][0-9a-f]|(?!\n)\p{Cc}/giu;

/** Shows lines of the log in a form for people: the time, the level, the message, and the fields after it. */
export function terminalLog(terminal: Terminal, colorize: boolean): DestinationStream {
  const pretty = prettyFactory({
    colorize,
    translateTime: 'SYS:yyyy-mm-dd HH:MM:ss',
    ignore: 'pid,hostname',
    singleLine: true,
  });
  return {
    write: (line) => void terminal.write(pretty(line.replace(CONTROLS, (_match, backslash) => backslash ?? '\ufffd'))),
  };
}

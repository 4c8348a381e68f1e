import type { WriteStream } from 'node:tty';
import { type DestinationStream, type Logger, pino } from 'pino';
import { descriptorLog } from './descriptor-log.js';
import type { Terminal } from './terminal-log.js';

/** The descriptor of standard output. */
const STDOUT = 1;

/** Where credentials stand in what is logged: requests, errors of HTTP clients, params of tools. */
const SECRETS = ['authorization', 'Authorization', 'api_key', 'apiKey', 'secrets'];
const PLACES = ['', '*.', '*.*.', 'err.config.headers.', 'req.headers.', 'request.headers.'];

/** The process's logger, a JSON object a line. Values under names of credentials are replaced. */
export function createLogger(level: string, destination: DestinationStream): Logger {
  const paths = PLACES.flatMap((place) => SECRETS.map((name) => `${place}${name}`));
  const options = { level, redact: { paths, censor: '[redacted]' } };
  return pino(options, destination);
}

/**
 * The process's logger on standard output: lines for people on a terminal, JSON everywhere else.
 * What makes the lines for people is loaded only there.
 */
export async function openLogger(
  level: string,
  output: Terminal & Pick<WriteStream, 'isTTY' | 'hasColors'>,
): Promise<Logger> {
  if (!output.isTTY) return createLogger(level, descriptorLog(STDOUT));
  const { terminalLog } = await import('./terminal-log.js');
  return createLogger(level, terminalLog(output, output.hasColors()));
}

import type { ApiError, Client, dataOf as DataOf } from '../client/client.js';
import { CliError } from './cli-error.js';
import { EXIT } from './exit-codes.js';
import type { ServerOptions } from './options.js';

/** How long a watch tries to reach a server that starts again. */
const RECONNECT_SECONDS = 300;

/**
 * Does something with a server. The client is loaded here, so that help is quick.
 * @example await withServer(options, async (client, dataOf) => dataOf(await client.GET('/graph')))
 * @throws CliError that says in one line what the server refused, or that it cannot be reached
 */
export async function withServer<T>(
  { url, apiKey }: Pick<ServerOptions, 'url' | 'apiKey'>,
  use: (client: Client, dataOf: typeof DataOf) => Promise<T>,
): Promise<T> {
  const { ApiError, createClient, dataOf } = await import('../client/client.js');
  const key = apiKey === undefined ? {} : { apiKey };
  const client = createClient({ url, ...key, reconnectSeconds: RECONNECT_SECONDS });
  try {
    return await use(client, dataOf);
  } catch (error) {
    throw error instanceof ApiError ? describeRefusal(error, url) : error;
  }
}

/** What an answer that is no success means to whoever typed the command. */
function describeRefusal(error: ApiError, url: string): CliError {
  const { status, code, message } = error;
  if (code === 'unreachable') {
    const advice = 'Start one with "graphrunner serve", or name another with --url or GRAPHRUNNER_URL.';
    return new CliError(`${message} ${advice}`, EXIT.unavailable);
  }
  if (code === 'unknown') return new CliError(`${message} Is ${url} the URL of a server?`, EXIT.unavailable);
  if (status === 401) return new CliError(`${message} Put a key of the server into GRAPHRUNNER_API_KEY.`);
  return new CliError(messageOfRefusal(error), status >= 500 || status === 429 ? EXIT.unavailable : EXIT.badInput);
}

/** The message of a refusal, with the first thing that is wrong if it does not name it. */
export function messageOfRefusal({ message, errors: [first] }: ApiError): string {
  if (first === undefined || message.includes(first.message)) return message;
  return `${message} ${first.pointer === '' ? '' : `${first.pointer}: `}${first.message}`;
}

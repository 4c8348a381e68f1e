import type { components } from '../client/api-types.js';
import { ApiError, type Client, dataOf } from '../client/client.js';
import { CliError } from './cli-error.js';

/** A graph of the demo, as the server lists it. */
export type Example = components['schemas']['ExampleGraph'];

/** What became of a graph of the demo. */
export interface LoadedExample {
  readonly graph_id: string;
  /** `kept`: a graph has its id already, which can be another one. */
  readonly result: 'created' | 'kept';
}

/**
 * Reads the examples of a server; the tour is the first.
 * @throws CliError if it has none
 * @throws ApiError
 */
export async function readExamples(client: Client): Promise<readonly [Example, ...Example[]]> {
  const [tour, ...others] = await listExamples(client);
  if (tour === undefined) {
    throw new CliError(
      'The server has no examples: its engine was opened without the option "demo". See docs/library.md.',
    );
  }
  return [tour, ...others];
}

/**
 * Creates the examples that are not there. What is there stays as it is, also if somebody has changed it.
 * @throws ApiError
 */
export async function loadExamples(client: Client, examples: readonly Example[]): Promise<readonly LoadedExample[]> {
  const loaded: LoadedExample[] = [];
  for (const example of examples) {
    const isNew = !example.is_saved && (await createExample(client, example));
    loaded.push({ graph_id: example.graph_id, result: isNew ? 'created' : 'kept' });
  }
  return loaded;
}

async function listExamples(client: Client): Promise<readonly Example[]> {
  try {
    return dataOf(await client.GET('/examples')).graphs;
  } catch (error) {
    if (!(error instanceof ApiError && error.code === 'not_found')) throw error;
    throw new CliError('The server has no examples: it is of an earlier release.');
  }
}

/** False if somebody else has created it since. */
async function createExample(client: Client, { graph_id: graphId, definition }: Example): Promise<boolean> {
  try {
    dataOf(await client.POST('/graph/create', { body: definition }));
    return true;
  } catch (error) {
    const isTaken = error instanceof ApiError && error.code === 'graph_exists';
    // If its name is taken and its id is not, there is no graph to start.
    if (isTaken && (await listExamples(client)).some((each) => each.graph_id === graphId && each.is_saved))
      return false;
    throw error;
  }
}

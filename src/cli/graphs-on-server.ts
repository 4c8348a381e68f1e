import { ApiError, type Client, dataOf } from '../client/client.js';
import type { Verdict } from './findings.js';
import { type GraphFile, graphIdIn } from './graph-files.js';
import type { Saved } from './saved.js';

/** The text of the file itself is sent, so that findings have its lines. */
const AS_IT_IS = { bodySerializer: (text: unknown) => String(text), headers: { 'content-type': 'application/json' } };

/**
 * Has a server say what is wrong with a graph. Nothing is saved.
 * @throws ApiError
 */
export async function validateGraph(client: Client, { path, text }: GraphFile): Promise<Verdict> {
  const { errors, warnings } = dataOf(await client.POST('/graph/validate', { body: text as never, ...AS_IT_IS }));
  return { file: path, errors, warnings };
}

/**
 * Creates a graph, or saves its next version if it is there and differs.
 * @throws ApiError if it is refused for something else than what the doctor finds
 */
export async function saveGraph(client: Client, file: GraphFile): Promise<Saved> {
  const graphId = graphIdIn(file.document);
  try {
    const updated = graphId === undefined ? undefined : await updateGraph(client, graphId, file);
    return updated ?? (await createGraph(client, file));
  } catch (error) {
    if (!(error instanceof ApiError && (error.code === 'invalid_graph' || error.code === 'invalid_request')))
      throw error;
    if (error.errors.length === 0) throw error;
    return { file: file.path, errors: error.errors, warnings: [], result: 'refused', graphId, version: undefined };
  }
}

/** Undefined if there is no such graph. */
async function updateGraph(client: Client, graphId: string, { path, text }: GraphFile): Promise<Saved | undefined> {
  const params = { path: { graph_id: graphId } };
  const before = await client.GET('/graph/{graph_id}', { params });
  if (before.response.status === 404) return undefined;
  const answer = await client.PUT('/graph/{graph_id}', { params, body: text as never, ...AS_IT_IS });
  const { version, warnings } = dataOf(answer);
  const result = before.data?.version === version ? 'unchanged' : 'updated';
  return { file: path, errors: [], warnings, result, graphId, version };
}

async function createGraph(client: Client, { path, text }: GraphFile): Promise<Saved> {
  const answer = await client.POST('/graph/create', { body: text as never, ...AS_IT_IS });
  const { graph_id: graphId, version, warnings } = dataOf(answer);
  return { file: path, errors: [], warnings, result: 'created', graphId, version };
}

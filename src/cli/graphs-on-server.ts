import type { components } from '../client/api-types.js';
import { ApiError, type Client, dataOf } from '../client/client.js';
import type { Finding, Verdict } from './findings.js';
import { type GraphFile, graphIdIn } from './graph-files.js';
import type { Saved } from './saved.js';

/** The text of the file itself is sent, so that findings have its lines. */
const AS_IT_IS = { bodySerializer: (text: unknown) => String(text), headers: { 'content-type': 'application/json' } };

/** Status codes of answers that are about one graph; the next one can be fine. */
const ABOUT_A_GRAPH: ReadonlySet<number> = new Set([400, 409, 413, 422]);

/**
 * Has a server say what is wrong with a graph. Nothing is saved.
 * @throws ApiError
 */
export async function validateGraph(client: Client, { path, text }: GraphFile): Promise<Verdict> {
  try {
    const { errors, warnings } = dataOf(await client.POST('/graph/validate', { body: text as never, ...AS_IT_IS }));
    return { file: path, errors, warnings };
  } catch (error) {
    return { file: path, errors: findingsOf(error), warnings: [] };
  }
}

/** What an exploration of a graph in a file came to. */
export type Exploration = components['schemas']['Explored'];

/**
 * Has a server explore a graph. Nothing is saved.
 * @throws ApiError
 */
export async function exploreGraph(client: Client, { text }: GraphFile, seed: number): Promise<Exploration> {
  // On the line of the graph's first character, so that findings have the lines of the file.
  const body = `{"graph":${text},"seed":${seed}}`;
  return dataOf(await client.POST('/graph/explore', { body: body as never, ...AS_IT_IS }));
}

/** Findings of an exploration, as those of the doctor are told. */
export function verdictOf(file: string, { findings }: Exploration): Verdict {
  return {
    file,
    errors: findings.filter(({ severity }) => severity === 'error'),
    warnings: findings.filter(({ severity }) => severity === 'warning'),
  };
}

/** Adds what an exploration finds to what the doctor says. */
export async function addExploration(client: Client, file: GraphFile, { warnings }: Verdict): Promise<Verdict> {
  const found = verdictOf(file.path, await exploreGraph(client, file, 1));
  return { ...found, warnings: [...warnings, ...found.warnings] };
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
    return { file: file.path, errors: findingsOf(error), warnings: [], result: 'refused', graphId, version: undefined };
  }
}

/**
 * What is wrong with a graph that the server has refused, which can be too large or too deep for it to look at.
 * @throws the error, if it is about something else
 */
function findingsOf(error: unknown): readonly Finding[] {
  if (!(error instanceof ApiError && ABOUT_A_GRAPH.has(error.status))) throw error;
  const { errors, code, message } = error;
  return errors.length > 0 ? errors : [{ pointer: '', code, message }];
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

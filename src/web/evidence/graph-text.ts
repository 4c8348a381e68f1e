import { isRecord } from './guards.js';

/** Reads the text of a graph. One that does not name itself is given the id of its graph, if it has one, as if it was saved there. */
export function readGraphText(
  text: string,
  graphId: string | undefined,
): { readonly document: unknown } | { readonly problem: string } {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (error) {
    return { problem: `This is not JSON: ${error instanceof Error ? error.message : String(error)}` };
  }
  return { document: isRecord(document) && graphId !== undefined ? { graph_id: graphId, ...document } : document };
}

import { ResourceNotFoundError, type Server } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { graphDefinitionSchema } from '../core/graph/definition.js';
import { EXAMPLE_GRAPH, GUIDE } from './help.js';

interface Resource {
  readonly uri: string;
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly mimeType: string;
  readonly read: () => string;
}

/** What people can hand to their agent before it begins. The tool `graph_help` tells the same. */
const RESOURCES: readonly Resource[] = [
  {
    uri: 'graphrunner://guide',
    name: 'guide',
    title: 'How to write graphs',
    description: 'A short guide to graph documents, with an example.',
    mimeType: 'text/markdown',
    read: () => `${GUIDE}\n\nAn example:\n\n${JSON.stringify(EXAMPLE_GRAPH, null, 2)}\n`,
  },
  {
    uri: 'graphrunner://schemas/graph.json',
    name: 'graph-schema',
    title: 'JSON Schema of graphs',
    description: 'All fields of a graph document.',
    mimeType: 'application/schema+json',
    read: () => JSON.stringify(z.toJSONSchema(graphDefinitionSchema, { io: 'input' })),
  },
];

/** Adds the resources, which are the same for everybody. */
export function addResources(server: Server): void {
  server.setRequestHandler('resources/list', () => ({
    resources: RESOURCES.map(({ read: _, ...resource }) => resource),
  }));
  server.setRequestHandler('resources/read', ({ params: { uri } }) => {
    const found = RESOURCES.find((resource) => resource.uri === uri);
    if (found === undefined) throw new ResourceNotFoundError(uri);
    return { contents: [{ uri, mimeType: found.mimeType, text: found.read() }] };
  });
}

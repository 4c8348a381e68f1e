import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pathToFileURL } from 'node:url';
import { Arrivals } from './arrivals.js';

/** What a client asks of `POST /v1/chat/completions`, as far as the stand-in looks at it. */
export interface ChatRequest {
  readonly authorization: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: {
    readonly model: string;
    readonly messages: readonly { readonly role: string; readonly content: unknown }[];
    readonly temperature?: number;
    readonly max_tokens?: number;
    readonly response_format?: { readonly json_schema?: { readonly name: string; readonly schema: Schema } };
  };
}

/** What it answers: content, a whole answer of another shape, or anything that the function itself writes. */
export type ChatAnswer =
  | { readonly content: string; readonly finish_reason?: string }
  | { readonly status: number; readonly headers?: Record<string, string>; readonly body: unknown }
  | ((response: ServerResponse) => void);

interface Schema {
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly minimum?: number;
}

export interface LlmServer {
  /** For LLM_BASE_URL. */
  readonly baseUrl: string;
  readonly requests: readonly ChatRequest[];
  /** Resolves when so many requests have arrived. */
  arrived(count: number): Promise<void>;
  close(): Promise<void>;
}

/**
 * A language model without the model: a real HTTP server that speaks OpenAI's chat completions.
 * By default it answers with words about the question, or with the simplest JSON that fits the schema asked for.
 * `npx tsx test/helpers/llm-server.ts 9100` runs it by itself.
 */
export async function startLlmServer(
  answer: (request: ChatRequest, index: number) => ChatAnswer = simplestAnswer,
  port = 0,
): Promise<LlmServer> {
  const requests = new Arrivals<ChatRequest>();
  const server: Server = createServer((incoming, response) => {
    let text = '';
    incoming.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    incoming.on('end', () => {
      if (incoming.method !== 'POST' || incoming.url !== '/v1/chat/completions') return notFound(response);
      const { headers } = incoming;
      const request = { authorization: headers.authorization, headers, body: JSON.parse(text) };
      requests.add(request);
      send(response, request, answer(request, requests.all.length - 1));
    });
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    requests: requests.all,
    arrived: (count) => requests.reach(count),
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function notFound(response: ServerResponse): void {
  response.writeHead(404, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ error: { message: 'Unknown route.', type: 'invalid_request_error', code: null } }));
}

function send(response: ServerResponse, request: ChatRequest, answer: ChatAnswer): void {
  if (typeof answer === 'function') {
    answer(response);
    return;
  }
  const { status, headers, body } =
    'status' in answer ? answer : { status: 200, headers: {}, body: completionOf(request, answer) };
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
}

function completionOf({ body }: ChatRequest, answer: { content: string; finish_reason?: string }): unknown {
  const tokens = {
    prompt_tokens: countWords(JSON.stringify(body.messages)),
    completion_tokens: countWords(answer.content),
  };
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1_700_000_000,
    model: `${body.model}-stand-in`,
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: answer.content, refusal: null },
        logprobs: null,
        finish_reason: answer.finish_reason ?? 'stop',
      },
    ],
    usage: { ...tokens, total_tokens: tokens.prompt_tokens + tokens.completion_tokens },
  };
}

/** A token is a word here. */
function countWords(text: string): number {
  return text.split(/\s+/).filter(Boolean).length;
}

function simplestAnswer({ body }: ChatRequest): ChatAnswer {
  const question = String(body.messages.at(-1)?.content).slice(0, 60);
  const schema = body.response_format?.json_schema?.schema;
  if (schema === undefined) return { content: `You said: ${question}` };
  return { content: JSON.stringify(simplestValue(schema, `About: ${question}`)) };
}

function simplestValue(schema: Schema, words: string): unknown {
  if (schema.const !== undefined) return schema.const;
  if (schema.enum !== undefined) return schema.enum[0];
  switch ([schema.type].flat()[0]) {
    case 'object':
      return Object.fromEntries(
        Object.entries(schema.properties ?? {}).map(([key, property]) => [key, simplestValue(property, words)]),
      );
    case 'array':
      return [];
    case 'integer':
    case 'number':
      return schema.minimum ?? 0;
    case 'boolean':
      return true;
    case 'null':
      return null;
    default:
      return words;
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { baseUrl } = await startLlmServer(simplestAnswer, Number(process.argv[2] ?? 9100));
  process.stdout.write(`A stand-in for a language model listens; start the server with LLM_BASE_URL=${baseUrl}\n`);
}

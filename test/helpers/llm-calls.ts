import { onTestFinished } from 'vitest';
import type { AnyTool } from '../../src/core/tool/tool.js';
import { type LlmChatOptions, llmChat as makeTool } from '../../src/tools/llm-chat.js';
import { type ChatAnswer, type ChatRequest, type LlmServer, startLlmServer } from './llm-server.js';
import { callTool, failureOf } from './tool-call.js';

/** The tool llm_chat, with the clock of the system and nothing allowed if a test does not care. */
export function llmChat(options: { baseUrl: string } & Partial<LlmChatOptions>): AnyTool {
  return makeTool({ now: Date.now, allow: [], ...options });
}

/** A stand-in for a model, until the test ends. */
export async function serveModel(answer?: (request: ChatRequest, index: number) => ChatAnswer): Promise<LlmServer> {
  const server = await startLlmServer(answer);
  onTestFinished(() => server.close());
  return server;
}

/** What llm_chat does with an answer of the model. */
export async function keep(answer: ChatAnswer, params: object = {}) {
  const server = await serveModel(() => answer);
  const called = await callTool(llmChat({ baseUrl: server.baseUrl }), { model: 'm', prompt: 'Hi', ...params });
  return { ...called, result: called.patch.the_node as Record<string, unknown> };
}

/** How llm_chat fails with an answer of the model; with the tokens that counted, and how often the model was asked. */
export async function failing(answer: ChatAnswer, params: object = {}) {
  const server = await serveModel(() => answer);
  const tokens: { input_tokens: number; output_tokens: number }[] = [];
  const call = callTool(llmChat({ baseUrl: server.baseUrl }), { model: 'm', prompt: 'Hi', ...params }, { tokens });
  const error: Error & { retryAfterSeconds?: number; code?: string; details?: unknown } = await failureOf(call);
  return Object.assign(error, { tokens, asked: server.requests.length });
}

/** The body of the request that params lead to. */
export async function bodyFor(params: object): Promise<Record<string, unknown>> {
  const server = await serveModel(() => ({ status: 200, body: { choices: [{ message: { content: '{}' } }] } }));
  await callTool(llmChat({ baseUrl: server.baseUrl }), { model: 'm', ...params });
  return server.requests[0]!.body as never;
}

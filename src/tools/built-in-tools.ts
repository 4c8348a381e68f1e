import type { AnyTool } from '../core/tool/tool.js';
import { delay } from './delay.js';
import { fail } from './fail.js';
import { httpRequest } from './http-request.js';
import { llmChat } from './llm-chat.js';
import { runGraph } from './run-graph.js';
import { setData, transform } from './set-data.js';
import { waitForInput } from './wait-for-input.js';
import { waitForSignal } from './wait-for-signal.js';

export interface BuiltInOptions {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** HTTP_ALLOW. */
  readonly httpAllow: readonly string[];
  /** LLM_BASE_URL. */
  readonly llmBaseUrl: string;
}

/**
 * The tools that are always there. A new one is added here.
 * @throws Error that names the setting that cannot be used.
 */
export function builtInTools({ now, httpAllow, llmBaseUrl }: BuiltInOptions): readonly AnyTool[] {
  const http = httpRequest({ allow: httpAllow, now });
  const llm = llmChat({ baseUrl: llmBaseUrl, allow: httpAllow, now });
  return [delay(now), fail, http, llm, runGraph, setData, transform, waitForInput(now), waitForSignal(now)];
}

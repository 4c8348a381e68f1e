import { type AnyTool, defineTool } from '../../src/core/tool/tool.js';
import { Arrivals } from './arrivals.js';

/** A promise that a test settles when it likes. */
export interface Gate<T = void> {
  readonly promise: Promise<T>;
  open(value: T): void;
}

export function gate<T = void>(): Gate<T> {
  let open: (value: T) => void = () => {};
  const promise = new Promise<T>((resolve) => {
    open = resolve;
  });
  return { promise, open };
}

/** What a call was given. */
interface HeldCall {
  readonly idempotencyKey: string;
  readonly signal: AbortSignal;
  readonly attempt: number;
}

/** A tool that says when it was called, and goes on when it is told to. */
export interface HeldTool {
  readonly tool: AnyTool;
  readonly calls: readonly HeldCall[];
  /** Resolves when there were so many calls. */
  called(count: number): Promise<void>;
  /** Ends every call so far and to come with this patch. */
  release(patch: unknown): void;
}

export function heldTool(name: string, options: { heedsSignal?: boolean } = {}): HeldTool {
  const calls = new Arrivals<HeldCall>();
  const released = gate<unknown>();
  const tool = defineTool({
    name,
    run: (_state, { idempotencyKey, signal, attempt }) => {
      calls.add({ idempotencyKey, signal, attempt });
      if (!options.heedsSignal) return released.promise;
      return Promise.race([
        released.promise,
        new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
      ]);
    },
  });
  return {
    tool,
    calls: calls.all,
    called: (count) => calls.reach(count),
    release: (patch) => released.open(patch),
  };
}

/** A graph of one node after another, named like their tools. */
export function chain(name: string, ...tools: string[]) {
  return {
    name,
    graph_id: name,
    entry_point: tools[0] ?? '',
    nodes: tools.map((tool) => ({ name: tool, tool_name: tool })),
    edges: tools.slice(1).map((tool, index) => ({ from_node: tools[index] ?? '', to_node: tool })),
  };
}

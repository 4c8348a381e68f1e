import { type AnyTool, defineTool } from '../../src/core/tool/tool.js';
import { Arrivals } from './arrivals.js';
import { type Gate, gate } from './tools.js';

/** A tool whose calls are known by `input_data.id`, and end when a test says so. */
export interface CallsById {
  readonly tool: AnyTool;
  /** Whose calls have begun, in order. */
  readonly begun: readonly string[];
  /** How many were at work at a time, at most. */
  readonly most: () => number;
  called(count: number): Promise<void>;
  /** Ends the call of a run. */
  end(id: string): void;
  /** Ends all calls, also those to come. */
  endAll(): void;
}

export function callsById(name = 'work'): CallsById {
  const begun = new Arrivals<string>();
  const gates = new Map<string, Gate>();
  const all = gate();
  const gateOf = (id: string): Gate => {
    const known = gates.get(id) ?? gate();
    gates.set(id, known);
    return known;
  };
  let active = 0;
  let most = 0;
  const tool = defineTool({
    name,
    run: async ({ input_data }, { signal }) => {
      const { id } = input_data as { id: string };
      active += 1;
      most = Math.max(most, active);
      begun.add(id);
      const aborted = new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
      try {
        await Promise.race([gateOf(id).promise, all.promise, aborted]);
        return { [name]: id };
      } finally {
        active -= 1;
      }
    },
  });
  return {
    tool,
    begun: begun.all,
    most: () => most,
    called: (count) => begun.reach(count),
    end: (id) => gateOf(id).open(),
    endAll: () => all.open(),
  };
}

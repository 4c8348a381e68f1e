import type { ToolLimit } from '../core/tool/tool-limits.js';

/** A place in the line for a tool that only so many calls of can be at work. */
export interface Ticket {
  /** True once the call can begin. */
  readonly isReady: boolean;
  /** Resolves when it is. */
  readonly ready: Promise<void>;
  /** The call is over, or is not made any more. Calling it again does nothing. */
  leave(): void;
}

/** The calls of one tool. */
interface Gate {
  readonly limit: number;
  active: number;
  /** Calls that wait, in order: each begins one. */
  readonly waiting: Set<() => void>;
}

/** How many calls of some tools can be at work in this process. Calls begin in the order in which they came. */
export class ToolLimits {
  readonly #gates: ReadonlyMap<string, Gate>;

  /** @param limits by the name of the tool; any other has no limit */
  constructor(limits: Iterable<ToolLimit>) {
    this.#gates = new Map([...limits].map(([name, limit]) => [name, { limit, active: 0, waiting: new Set() }]));
  }

  /** Comes to the line for a tool; undefined for one without a limit. */
  enter(toolName: string): Ticket | undefined {
    const gate = this.#gates.get(toolName);
    return gate === undefined ? undefined : takeTicket(gate);
  }
}

function takeTicket(gate: Gate): Ticket {
  let standing: 'waiting' | 'ready' | 'gone' = 'waiting';
  let announce = (): void => undefined;
  const ready = new Promise<void>((resolve) => {
    announce = resolve;
  });
  const begin = (): void => {
    gate.waiting.delete(begin);
    gate.active += 1;
    standing = 'ready';
    announce();
  };
  if (gate.active < gate.limit) begin();
  else gate.waiting.add(begin);
  return {
    get isReady() {
      return standing === 'ready';
    },
    ready,
    leave() {
      if (standing === 'waiting') gate.waiting.delete(begin);
      if (standing === 'ready') {
        gate.active -= 1;
        const [next] = gate.waiting;
        next?.();
      }
      standing = 'gone';
    },
  };
}

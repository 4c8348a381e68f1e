import type { Ticket, ToolLimits } from './tool-limits.js';

/** The longest delay of a Node timer, in milliseconds. */
const LONGEST_SLEEP_MS = 2_147_483_647;

/**
 * The turn of one run at a tool that only so many calls of can be at work. It is waited for before a call, outside of its
 * time-out; whatever happens to the run meanwhile ends the wait, and is looked at.
 */
export class ToolTurn {
  #ticket: { readonly toolName: string; readonly ticket: Ticket } | undefined;
  #disturb: (() => void) | undefined;

  constructor(private readonly limits: ToolLimits) {}

  /** True if a call can begin, which then has the turn until {@link end}. */
  isAt(toolName: string): boolean {
    if (this.#ticket?.toolName !== toolName) this.end();
    if (this.#ticket === undefined) {
      const ticket = this.limits.enter(toolName);
      if (ticket === undefined) return true;
      this.#ticket = { toolName, ticket };
    }
    return this.#ticket.ticket.isReady;
  }

  /**
   * Waits until the turn has come, or something else has: the place in line is kept.
   * @param ms milliseconds after which something else is to be done
   */
  async wait(ms: number): Promise<void> {
    const { ticket } = this.#ticket ?? {};
    if (ticket === undefined) return;
    let timer: NodeJS.Timeout | undefined;
    const disturbed = new Promise<void>((resolve) => {
      this.#disturb = resolve;
      if (ms < LONGEST_SLEEP_MS) timer = setTimeout(resolve, Math.max(0, ms));
    });
    await Promise.race([ticket.ready, disturbed]);
    clearTimeout(timer);
    this.#disturb = undefined;
  }

  /** Ends a wait: something has happened to the run. */
  disturb(): void {
    this.#disturb?.();
  }

  /** The call is over, or is not made. */
  end(): void {
    this.#ticket?.ticket.leave();
    this.#ticket = undefined;
  }
}

/** How long a call goes on without an open request, in milliseconds: longer than any reconnection takes. */
const SILENCE_MS = 4000;

/**
 * The calls under way over streamable HTTP, where a server can die without the client noticing: the stream of the answer
 * ends, and the call would wait for ever. So when no request has been open for a while, the connection is given up.
 * Connections whose requests are not watched end by themselves.
 */
export class Calls {
  #pending = 0;
  /** Requests that are open; undefined as long as nobody has told. */
  #open: number | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly giveUp: () => void) {}

  /** Counts a call until it ends. */
  async add<T>(call: Promise<T>): Promise<T> {
    this.#pending++;
    try {
      return await call;
    } finally {
      this.#pending--;
      this.#check();
    }
  }

  /** Called whenever the number of open requests changes. */
  watch(open: number): void {
    this.#open = open;
    this.#check();
  }

  #check(): void {
    clearTimeout(this.#timer);
    if (this.#open === 0 && this.#pending > 0) this.#timer = setTimeout(this.giveUp, SILENCE_MS);
  }
}

import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export interface ServerChildOptions {
  /** Modules of tools, beside those of `TOOLS`. */
  readonly tools: readonly string[];
  /** Called each time that the server listens. */
  onListening(url: string): void;
  /** Called if it ends by itself. */
  onEnd(code: number | null): void;
}

/** What the server tells this process. */
interface Listening {
  readonly listening: string;
}

const MAIN = fileURLToPath(new URL('../../main.js', import.meta.url));

/** The server, in a process of its own that can be started again. */
export class ServerChild {
  #child: ChildProcess | undefined;
  #isStopping = false;
  /** A change came while the server was stopping for one before. */
  #isRestarting = false;

  constructor(private readonly options: ServerChildOptions) {}

  start(): void {
    const { tools, onListening, onEnd } = this.options;
    const modules = tools.flatMap((name) => ['--tools', name]);
    // In a group of its own, so that Ctrl+C reaches it once: this process passes it on.
    const child = fork(MAIN, ['serve', ...modules], { detached: true });
    this.#child = child;
    child.on('message', (message) => onListening((message as Listening).listening));
    child.once('exit', (code) => {
      this.#child = undefined;
      if (this.#isStopping) return;
      if (this.#isRestarting) this.#startAgain();
      else onEnd(code);
    });
  }

  /** Lets the steps under way finish, and starts the server with the modules as they are now. */
  restart(): void {
    if (this.#isRestarting || this.#isStopping) return;
    this.#isRestarting = this.#child !== undefined;
    if (this.#child === undefined) this.start();
    else this.#child.kill('SIGTERM');
  }

  /** Resolves when the server has ended in good order. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    const child = this.#child;
    if (child === undefined) return;
    const gone = new Promise((done) => child.once('exit', done));
    child.kill('SIGTERM');
    await gone;
  }

  #startAgain(): void {
    this.#isRestarting = false;
    this.start();
  }
}

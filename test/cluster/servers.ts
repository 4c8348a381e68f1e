import { type Answer, ask } from '../e2e/client.js';
import { type ServerProcess, startServer } from '../helpers/server-process.js';
import type { Kill } from './trace.js';

/** Several servers on one database. Any of them answers any request. */
export class Cluster {
  readonly kills: Kill[] = [];
  #servers: ServerProcess[] = [];
  #next = 0;

  private constructor(private readonly start: (more?: Record<string, string>) => Promise<ServerProcess>) {}

  static async start(count: number, folder: string, env: Record<string, string>): Promise<Cluster> {
    const cluster = new Cluster((more) => startServer(folder, { LOG_LEVEL: 'info', ...env, ...more }));
    await Promise.all(Array.from({ length: count }, () => cluster.add()));
    return cluster;
  }

  get servers(): readonly ServerProcess[] {
    return this.#servers;
  }

  /** The server whose turn it is. */
  next(): ServerProcess {
    this.#next += 1;
    return this.#servers[this.#next % this.#servers.length]!;
  }

  /** Asks the server whose turn it is; another one, if that was killed. Resolves with nothing if none is there. */
  async ask(request: string, payload?: unknown, headers?: Record<string, string>): Promise<Answer | undefined> {
    for (let tries = 0; tries < 5; tries++) {
      try {
        return await ask(this.next(), request, payload, headers);
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
    return undefined;
  }

  /** Starts another one, with some settings of its own. */
  async add(more?: Record<string, string>): Promise<ServerProcess> {
    const server = await this.start(more);
    this.#servers.push(server);
    return server;
  }

  /** Kills one at random, and starts another in its place if nothing else is said. */
  async killOne({ replace = true } = {}): Promise<void> {
    const index = Math.floor(Math.random() * this.#servers.length);
    const [server] = this.#servers.splice(index, 1);
    const time = Date.now();
    await server!.end('SIGKILL');
    this.kills.push({ pid: server!.child.pid!, time });
    if (replace) await this.add();
  }

  /** Stops one in good order. */
  async stopOne(): Promise<number | null> {
    return this.#servers.shift()!.end('SIGTERM');
  }

  /** Starts another server whenever one has died by itself, as a supervisor does. */
  keepAlive(): { readonly restarts: number; stop(): Promise<void> } {
    let [restarts, isOver] = [0, false];
    const watch = async (): Promise<void> => {
      while (!isOver) {
        const dead = this.#servers.filter(({ child }) => child.signalCode !== null || child.exitCode !== null);
        this.#servers = this.#servers.filter((server) => !dead.includes(server));
        restarts += dead.length;
        for (const _ of dead) await this.add();
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    };
    const watched = watch();
    return {
      get restarts() {
        return restarts;
      },
      stop: async () => {
        isOver = true;
        await watched;
      },
    };
  }

  async stop(): Promise<(number | null)[]> {
    return Promise.all(this.#servers.splice(0).map((server) => server.end('SIGTERM')));
  }

  /** The sum of a metric over all servers. */
  async sum(metric: string): Promise<number> {
    const values = await Promise.all(this.#servers.map((server) => readMetric(server, metric)));
    return values.reduce((all, value) => all + value, 0);
  }
}

/** A metric of one server. */
export async function readMetric(server: ServerProcess, metric: string): Promise<number> {
  const { body } = await ask(server, 'GET /metrics');
  return Number(new RegExp(`^${metric} (\\S+)$`, 'm').exec(String(body))?.[1] ?? Number.NaN);
}

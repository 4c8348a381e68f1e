import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Pool } from 'undici';
import { MAIN, type ServerProcess, startServer } from '../../helpers/server-process.js';
import { benchFolder } from '../measure.js';
import { cpuSecondsOf } from '../processor-time.js';
import { WAITING, withoutHints, writeTools } from './waiting-tools.js';

const HEADERS = { 'content-type': 'application/json' };

export interface BenchServersOptions {
  readonly count: number;
  readonly databaseUrl: string;
  /** Runs that each drives at a time. */
  readonly slots: number;
  /** False for servers that tell each other nothing. */
  readonly hints?: boolean;
}

/** Built servers on one database, asked in turn. */
export class BenchServers {
  #next = 0;

  private constructor(
    private readonly servers: readonly ServerProcess[],
    private readonly clients: readonly Pool[],
    private readonly removeFolder: () => void,
  ) {}

  static async start({ count, databaseUrl, slots, hints = true }: BenchServersOptions): Promise<BenchServers> {
    const folder = benchFolder();
    const env = {
      DATABASE_URL: databaseUrl,
      MAX_CONCURRENT_RUNS: String(slots),
      ...writeTools(folder.path('.')),
      ...(hints ? {} : withoutHints(folder.path('.'), SIGNALS)),
    };
    const servers = await Promise.all(Array.from({ length: count }, () => startServer(folder.path('.'), env)));
    const clients = servers.map(({ url }) => new Pool(url, { connections: 100 }));
    const started = new BenchServers(servers, clients, folder.remove);
    await started.#createGraph();
    return started;
  }

  /** Starts a run at the server whose turn it is, and waits there until it has ended. */
  async run(graphId: string, input: unknown): Promise<void> {
    const { status } = await this.#post<{ status: string }>('/graph/run?wait=60', this.#body(graphId, input));
    if (status !== 'COMPLETED') throw new Error(`A run is ${status}.`);
  }

  /** Starts a run at the server whose turn it is. */
  async submit(graphId: string, input: unknown): Promise<void> {
    await this.#post('/graph/run', this.#body(graphId, input));
  }

  /** Seconds of processor time that the servers have taken so far. */
  cpuSeconds(): number {
    return this.servers.reduce((sum, { child }) => sum + cpuSecondsOf(child.pid ?? Number.NaN), 0);
  }

  /** Commits so far, and how many steps and requests were stored with them. */
  async commits(): Promise<{ commits: number; units: number }> {
    return {
      commits: await this.#sum('graphrunner_commit_units_count'),
      units: await this.#sum('graphrunner_commit_units_sum'),
    };
  }

  /** Steps that have ended so far. */
  countSteps(): Promise<number> {
    return this.#sum('graphrunner_steps_total');
  }

  async stop(): Promise<void> {
    await Promise.all(this.clients.map((client) => client.close()));
    await Promise.all(this.servers.map((server) => server.end('SIGTERM')));
    this.removeFolder();
  }

  /** The graph may be there: servers come and go on one database. */
  async #createGraph(): Promise<void> {
    const [client] = this.clients;
    const request = { path: '/graph/create', method: 'POST', headers: HEADERS, body: JSON.stringify(WAITING) } as const;
    const answer = await client?.request(request);
    await answer?.body.dump();
  }

  /** The sum of a metric over its labels and all servers. */
  async #sum(name: string): Promise<number> {
    const texts = await Promise.all(this.clients.map(metricsOf));
    const values = texts.join('\n').matchAll(new RegExp(`^${name}(?:\\{.*\\})? (\\S+)$`, 'gm'));
    return Array.from(values, ([, value]) => Number(value)).reduce((all, value) => all + value, 0);
  }

  #body(graphId: string, input: unknown): string {
    return JSON.stringify({ graph_id: graphId, input_data: input });
  }

  async #post<T>(path: string, body: string): Promise<T> {
    this.#next += 1;
    const client = this.clients[this.#next % this.clients.length];
    if (client === undefined) throw new Error('There is no server.');
    const answer = await client.request({ path, method: 'POST', headers: HEADERS, body });
    if (answer.statusCode >= 300) throw new Error(`POST ${path}: ${answer.statusCode} ${await answer.body.text()}`);
    return (await answer.body.json()) as T;
  }
}

const SIGNALS = pathToFileURL(join(dirname(MAIN), 'store/postgres/signals.js')).href;

async function metricsOf(client: Pool): Promise<string> {
  const { body } = await client.request({ path: '/metrics', method: 'GET' });
  return body.text();
}

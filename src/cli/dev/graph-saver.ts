import { ApiError, createClient } from '../../client/client.js';
import { messageOf } from '../../core/base/errors.js';
import { linesOfVerdict, textFormat } from '../findings.js';
import { findGraphFiles, isBroken, readGraphFile } from '../graph-files.js';
import { saveGraph } from '../graphs-on-server.js';
import { inOneLine, paintFor, writeLine } from '../output.js';
import { isFolder } from '../read-input.js';
import { describeSaved } from '../saved.js';
import type { Terminal } from '../terminal.js';

export interface GraphSaverOptions {
  readonly folder: string;
  readonly apiKey: string | undefined;
  readonly terminal: Terminal;
  say(line: string): void;
}

/** How long a save waits for a server that starts again. */
const RECONNECT_SECONDS = 30;

/** Saves the graphs of a folder on the server, one after the other, and tells what is wrong with them. */
export class GraphSaver {
  readonly #waiting = new Set<string>();
  #url: string | undefined;
  #isBusy = false;

  constructor(private readonly options: GraphSaverOptions) {}

  /** Saves all graphs: tools that they need can be there only now. */
  async serverStarted(url: string): Promise<void> {
    this.#url = url;
    const { folder } = this.options;
    const files = (await isFolder(folder)) ? await findGraphFiles([folder]).catch(() => []) : [];
    for (const path of files) this.#waiting.add(path);
    await this.#saveAll();
  }

  /** A file has changed. */
  changed(path: string, isGone: boolean): void {
    if (isGone) this.options.say(`${path} is gone; its graph stays on the server`);
    else this.#waiting.add(path);
    void this.#saveAll();
  }

  async #saveAll(): Promise<void> {
    if (this.#isBusy || this.#url === undefined) return;
    this.#isBusy = true;
    for (const path of this.#waiting) {
      this.#waiting.delete(path);
      await this.#save(path, this.#url).catch((error) => this.#tell(path, error));
    }
    this.#isBusy = false;
  }

  async #save(path: string, url: string): Promise<void> {
    const { apiKey, terminal, say } = this.options;
    const file = await readGraphFile(path, terminal);
    const paint = paintFor(terminal.stderr);
    const format = textFormat(paint);
    if (isBroken(file)) {
      const { message, line, column } = file;
      writeLine(terminal.stderr, format(path, 'error', { pointer: '', code: 'malformed_json', message, line, column }));
      return;
    }
    const key = apiKey === undefined ? {} : { apiKey };
    const saved = await saveGraph(createClient({ url, ...key, reconnectSeconds: RECONNECT_SECONDS }), file);
    for (const line of linesOfVerdict(saved, format)) writeLine(terminal.stderr, line);
    say(describeSaved(saved));
  }

  /** A server that starts again saves all graphs when it has. */
  #tell(path: string, error: unknown): void {
    if (error instanceof ApiError && error.code === 'unreachable') return;
    this.options.say(`${path}: ${inOneLine(messageOf(error))}`);
  }
}

import type { Stats } from 'node:fs';
import { basename, dirname, relative, resolve } from 'node:path';
import { watch } from 'chokidar';
import { loadConfig } from '../../config.js';
import { messageOf } from '../../core/base/errors.js';
import { CliError } from '../cli-error.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { isGraphFileName } from '../graph-files.js';
import { inOneLine, paintFor, writeLine } from '../output.js';
import { isFile, isFolder } from '../read-input.js';
import type { Terminal } from '../terminal.js';
import { whenAborted } from '../when-aborted.js';
import { GraphSaver } from './graph-saver.js';
import { ServerChild } from './server-child.js';

export interface DevelopOptions {
  /** With graphs. */
  readonly folder: string;
  /** Modules of tools, beside those of `TOOLS`. */
  readonly tools: readonly string[];
}

/** Editors write a file in several steps: milliseconds without a change after which it is read. */
const SETTLE_MS = 100;
const MODULE = /\.(js|mjs|cjs)$/;

/**
 * Serves, and takes up what changes, until it is interrupted.
 *
 * The server is a child process: a module of tools cannot be loaded twice in one process, and a broken one ends only the
 * child. This process watches the files, and asks the server as any other client does.
 */
export async function develop({ folder, tools }: DevelopOptions, terminal: Terminal): Promise<ExitCode> {
  const config = readSettings();
  const interrupted = terminal.interrupted();
  const paint = paintFor(terminal.stderr);
  const say = (line: string): void => writeLine(terminal.stderr, `${paint('cyan', 'dev')} ${inOneLine(line)}`);
  if (!(await isFolder(folder))) say(`there is no folder ${folder} yet; graphs in it will be saved`);
  const apiKey = config.apiKeys[0] ?? config.namedApiKeys[0]?.key;
  const saver = new GraphSaver({ folder, apiKey, terminal, say });
  const modules = await fileModules([...config.tools, ...tools]);
  const ended = new AbortController();
  const server = new ServerChild({
    tools,
    onListening: (url) => saver.serverStarted(url),
    onEnd(code) {
      // Without modules there is no change that could start it again.
      if (modules.length === 0) ended.abort();
      else say(`the server has ended with code ${code ?? 'none'}; it starts again after the next change of a module`);
    },
  });
  const watched = [...new Set([folder, ...modules.map((path) => dirname(path))].map((path) => resolve(path)))];
  const watcher = watch(watched, {
    ignoreInitial: true,
    awaitWriteFinish: { stabilityThreshold: SETTLE_MS, pollInterval: 20 },
    // What is named by the command line is watched in any case.
    ignored: (path, stats) => !watched.includes(resolve(path)) && isLeftAlone(path, stats),
  });
  watcher.on('error', (error) => say(`cannot watch all files: ${messageOf(error)}`));
  watcher.on('all', (event, full) => {
    const path = relative('.', full);
    if (event === 'addDir' || event === 'unlinkDir') return;
    if (isIn(folder, path) && isGraphFileName(path)) saver.changed(path, event === 'unlink');
    else if (modules.length > 0 && MODULE.test(path)) {
      say(`${path} has changed: the server starts again`);
      server.restart();
    }
  });
  server.start();
  const over = AbortSignal.any([interrupted, ended.signal]);
  await whenAborted(over);
  await Promise.all([watcher.close(), server.stop()]);
  return ended.signal.aborted ? EXIT.no : EXIT.done;
}

/** What is hidden, installed, or neither a graph nor a module, such as the database. */
function isLeftAlone(path: string, stats: Stats | undefined): boolean {
  const name = basename(path);
  if (name.startsWith('.') || name === 'node_modules') return true;
  return stats?.isFile() === true && !isGraphFileName(name) && !MODULE.test(name);
}

function readSettings() {
  try {
    return loadConfig();
  } catch (error) {
    throw new CliError(messageOf(error), EXIT.no, 'graphrunner cannot start');
  }
}

/** Those modules that are files; packages do not change. */
async function fileModules(names: readonly string[]): Promise<string[]> {
  const paths = names.map((name) => resolve(name.replace(/^file:(\/\/)?/, '')));
  const areFiles = await Promise.all(paths.map(isFile));
  return paths.filter((_path, index) => areFiles[index]);
}

function isIn(folder: string, path: string): boolean {
  return !relative(folder, path).startsWith('..');
}

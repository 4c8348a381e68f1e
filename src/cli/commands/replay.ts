import { CliError } from '../cli-error.js';
import type { AddCommand, Context } from '../context.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { requireGraphFile } from '../graph-files.js';
import { addExamples, addServerOptions, collect, type ServerOptions, wholeNumber } from '../options.js';
import { inOneLine, writeJson, writeLine } from '../output.js';
import { readCapsuleFile } from '../read-capsule-file.js';
import { isFile } from '../read-input.js';
import { withServer } from '../with-server.js';

/** What is replayed. */
type Body = { readonly run_id: string } | { readonly capsule: Record<string, never> };

interface ReplayOptions extends ServerOptions {
  readonly graph?: string;
  readonly graphVersion?: number;
  readonly tools?: readonly string[];
}

/** `graphrunner replay` */
export const addReplay: AddCommand = (program, context) => {
  const command = program
    .command('replay')
    .summary('walk a run again through a graph')
    .description(
      'Walks a run again, through its own graph or another one, with the recorded results in place of calls. A file needs no server. The exit code is 1 if it goes another way, and 3 if what was recorded does not say.',
    )
    .argument('<file_or_run>', 'a capsule, or the id of a run of the server; - is standard input')
    .option('--graph <file>', 'walk through this graph')
    .option('--graph-version <number>', 'walk through this version of its graph on the server', wholeNumber(1))
    .option('--tools <module>', 'for a file, a module of tools and conditions; can be repeated', collect)
    .action(async (source: string, options: ReplayOptions) => {
      context.exitCode = await replay(source, options, context);
    });
  addServerOptions(command);
  addExamples(command, [
    'graphrunner replay incident.json',
    'graphrunner replay incident.json --graph fixed.json',
    'graphrunner replay 01a205f7-8f38-775c-952c-00447c059553 --graph-version 3',
  ]);
};

async function replay(source: string, options: ReplayOptions, { terminal }: Context): Promise<ExitCode> {
  const { graph: file, graphVersion: version, tools = [], json } = options;
  if (file !== undefined && version !== undefined) throw new CliError('Give either --graph or --graph-version.');
  const isCapsule = source === '-' || (await isFile(source));
  if (!isCapsule && /[/\\]|\.json$/.test(source))
    throw new CliError(`${source} cannot be read: there is no such file.`);
  if (isCapsule && version !== undefined)
    throw new CliError('--graph-version is for runs of a server. For a file, name another one with --graph.');
  const graph = file === undefined ? {} : { graph: (await requireGraphFile(file, terminal)).document as never };
  const through = version === undefined ? graph : { version };
  const ask = (server: Pick<ServerOptions, 'url' | 'apiKey'>, run: Body) =>
    withServer(server, async (client, dataOf) =>
      dataOf(await client.POST('/graph/replay', { body: { ...run, ...through } })),
    );
  const found = isCapsule
    ? await askHere(tools, { capsule: (await readCapsuleFile(source, terminal)) as never }, ask)
    : await ask(options, { run_id: source });
  if (json === true) writeJson(terminal, found);
  else {
    const { linesOfReplay } = await import('../replay-words.js');
    for (const line of linesOfReplay(found)) writeLine(terminal.stdout, inOneLine(line));
  }
  return EXIT_OF[found.verdict];
}

const EXIT_OF = { same: EXIT.done, diverged: EXIT.no, unknown: EXIT.unavailable } as const;

/** In this process, with the tools that are built in and those that are named. */
async function askHere<T>(
  tools: readonly string[],
  run: Body,
  ask: (server: Pick<ServerOptions, 'url' | 'apiKey'>, run: Body) => Promise<T>,
): Promise<T> {
  const { withLocalServer } = await import('../local-server.js');
  return withLocalServer(tools, (server) => ask(server, run));
}

import { Option } from 'commander';
import { CliError } from '../cli-error.js';
import type { AddCommand, Context } from '../context.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import type { Verdict } from '../findings.js';
import type { BrokenFile, GraphFile } from '../graph-files.js';
import { addExamples, apiKeyOption, collect, parseUrl, type ServerOptions } from '../options.js';
import { inOneLine, paintFor, writeJson, writeLine } from '../output.js';
import type { Terminal } from '../terminal.js';
import { withServer } from '../with-server.js';

interface ValidateOptions extends Partial<ServerOptions> {
  readonly tools?: readonly string[];
  readonly format: 'text' | 'github';
  readonly explore?: boolean;
}

/** `graphrunner validate` */
export const addValidate: AddCommand = (program, context) => {
  const command = program
    .command('validate')
    .summary('check graphs')
    .description(
      'Checks files with graphs, and says where in them what is wrong. No server is needed: it knows the tools that are built in, those of TOOLS, and those of --tools. Files that are named together know each other.',
    )
    .argument('<file...>', 'files, or folders with .json files; - is standard input')
    .option('--tools <module>', 'a module of tools; can be repeated', collect)
    .addOption(new Option('--format <format>', 'how findings are written').choices(['text', 'github']).default('text'))
    .addOption(new Option('--url <url>', 'let this server check them, with the tools that it has').argParser(parseUrl))
    .addOption(apiKeyOption())
    .option('--explore', 'walk the runs that graphs without errors can have, as graphrunner explore does')
    .option('--json', 'print JSON')
    .action(async (files: string[], options: ValidateOptions) => {
      context.exitCode = await validate(files, options, context);
    });
  addExamples(command, [
    'graphrunner validate leave.json',
    'graphrunner validate graphs/ --tools ./my-tools.mjs',
    'graphrunner validate graphs/ --format github',
  ]);
};

async function validate(paths: string[], options: ValidateOptions, { terminal }: Context): Promise<ExitCode> {
  const { findGraphFiles, isBroken, isGraph, notJson, readGraphFile } = await import('../graph-files.js');
  const files: (GraphFile | BrokenFile)[] = [];
  for (const path of await findGraphFiles(paths)) files.push(await readGraphFile(path, terminal));
  const [graphs, broken] = [files.filter(isGraph), files.filter(isBroken)];
  const checked = graphs.length === 0 ? [] : await checkGraphs(graphs, options, terminal);
  // As text, standard error has it.
  const told = options.format === 'github' || options.json === true ? broken.map(verdictOf) : [];
  await report([...checked, ...told], options, terminal);
  const [first] = broken;
  if (first !== undefined) throw notJson(first);
  return checked.some(({ errors }) => errors.length > 0) ? EXIT.no : EXIT.done;
}

async function checkGraphs(
  graphs: readonly GraphFile[],
  options: ValidateOptions,
  terminal: Terminal,
): Promise<Verdict[]> {
  const { saveGraph, validateAndExplore, validateGraph } = await import('../graphs-on-server.js');
  const checkOne = options.explore === true ? validateAndExplore : validateGraph;
  const verdicts: Verdict[] = [];
  const { url } = options;
  // Ctrl+C leaves no database behind.
  const interrupted = terminal.interrupted();
  const check = (server: Pick<ServerOptions, 'url' | 'apiKey'>) =>
    withServer(server, async (client) => {
      // So that the files know each other. What is wrong with them is told below.
      for (const graph of url === undefined ? graphs : []) await saveGraph(client, graph).catch(() => undefined);
      for (const graph of graphs) {
        if (interrupted.aborted) throw new CliError('Interrupted.', EXIT.interrupted);
        verdicts.push(await checkOne(client, graph));
      }
    });
  if (url === undefined) {
    const { withLocalServer } = await import('../local-server.js');
    await withLocalServer(options.tools ?? [], check);
  } else await check({ ...options, url });
  return verdicts;
}

/** A file that is not JSON, as if the doctor had said so. */
function verdictOf({ path, message, line, column }: BrokenFile): Verdict {
  return { file: path, errors: [{ pointer: '', code: 'malformed_json', message, line, column }], warnings: [] };
}

async function report(
  verdicts: readonly Verdict[],
  { format, json }: ValidateOptions,
  terminal: Terminal,
): Promise<void> {
  const { githubFormat, linesOfVerdict, textFormat } = await import('../findings.js');
  const { stdout } = terminal;
  if (json === true) {
    writeJson(
      terminal,
      verdicts.map((verdict) => ({ ...verdict, valid: verdict.errors.length === 0 })),
    );
    return;
  }
  const write = format === 'github' ? githubFormat : textFormat(paintFor(stdout));
  for (const verdict of verdicts) {
    for (const line of linesOfVerdict(verdict, write)) writeLine(stdout, line);
    const { file, errors, warnings } = verdict;
    if (format === 'text' && errors.length + warnings.length === 0)
      writeLine(stdout, `${inOneLine(file)}: nothing is wrong`);
  }
}

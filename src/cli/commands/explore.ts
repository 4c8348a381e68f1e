import { Option } from 'commander';
import type { AddCommand, Context } from '../context.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import type { GraphFile } from '../graph-files.js';
import type { Exploration } from '../graphs-on-server.js';
import { addExamples, collect, wholeNumber } from '../options.js';
import { inOneLine, paintFor, writeJson, writeLine } from '../output.js';
import type { Terminal } from '../terminal.js';
import { withServer } from '../with-server.js';

interface ExploreOptions {
  readonly seed: number;
  readonly tools?: readonly string[];
  readonly format: 'text' | 'github';
  readonly json?: boolean;
}

/** Steps of a way that are told: its last. */
const MAX_STEPS = 8;

/** `graphrunner explore` */
export const addExplore: AddCommand = (program, context) => {
  const command = program
    .command('explore')
    .summary('find what can go wrong in a graph')
    .description(
      'Walks the runs that a graph in a file can have, with outcomes in place of calls, and tells what goes wrong: loops without an end, keys that are missing, failures nobody handles. No server is needed, and no tool is called.',
    )
    .argument('<file>', 'a file with a graph; - is standard input')
    .option('--seed <number>', 'the same number explores the same', wholeNumber(0), 1)
    .option('--tools <module>', 'a module of tools; can be repeated', collect)
    .addOption(new Option('--format <format>', 'how findings are written').choices(['text', 'github']).default('text'))
    .option('--json', 'print JSON')
    .action(async (file: string, options: ExploreOptions) => {
      context.exitCode = await explore(file, options, context);
    });
  addExamples(command, ['graphrunner explore leave.json', 'graphrunner explore leave.json --tools ./my-tools.mjs']);
};

async function explore(path: string, options: ExploreOptions, { terminal }: Context): Promise<ExitCode> {
  const { requireGraphFile } = await import('../graph-files.js');
  const file = await requireGraphFile(path, terminal);
  const { exploreGraph, verdictOf } = await import('../graphs-on-server.js');
  const { withLocalServer } = await import('../local-server.js');
  const explored = await withLocalServer(options.tools ?? [], (server) =>
    withServer(server, (client) => exploreGraph(client, file, options.seed)),
  );
  if (options.json === true) writeJson(terminal, explored);
  else await tell(file, explored, options, terminal);
  return verdictOf(path, explored).errors.length > 0 ? EXIT.no : EXIT.done;
}

async function tell({ path }: GraphFile, explored: Exploration, { format }: ExploreOptions, { stdout }: Terminal) {
  const { githubFormat, textFormat } = await import('../findings.js');
  const write = format === 'github' ? githubFormat : textFormat(paintFor(stdout));
  for (const finding of explored.findings) {
    writeLine(stdout, write(path, finding.severity, finding));
    if (format === 'text' && finding.trace.length > 0) writeLine(stdout, `  ${describeWay(finding.trace)}`);
  }
  if (format === 'text') writeLine(stdout, `${inOneLine(path)}: ${describeExtent(explored)}`);
}

function describeWay(trace: Exploration['findings'][number]['trace']): string {
  const steps = trace.slice(-MAX_STEPS).map(({ node, outcome }) => `${node}: ${outcome}`);
  return inOneLine([...(trace.length > MAX_STEPS ? ['...'] : []), ...steps].join(' -> '));
}

function describeExtent({ runs, coverage, complete, findings }: Exploration): string {
  const { visited, total } = coverage.nodes;
  const extent = `${runs} ${runs === 1 ? 'run' : 'runs'}, ${visited} of ${total} nodes`;
  if (!complete) return `${extent}; not all was explored, so there can be more`;
  return findings.length === 0 ? `${extent}; all was explored, and nothing was found` : `${extent}; all was explored`;
}

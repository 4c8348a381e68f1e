import { Option } from 'commander';
import type { AddCommand, Context } from '../context.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { addExamples, apiKeyOption, parseUrl } from '../options.js';
import { whenAborted } from '../when-aborted.js';

interface McpOptions {
  readonly url?: string;
  readonly apiKey?: string;
}

/** `graphrunner mcp` */
export const addMcp: AddCommand = (program, context) => {
  const command = program
    .command('mcp')
    .summary('be an MCP server for an agent, over stdin and stdout')
    .description(
      'Talks to an agent over stdin and stdout. With --url it passes on what the agent asks to that server. Without it the engine is in this process, on the database of the working directory, with the settings of the server; then no server may use that database.',
    )
    .addOption(new Option('--url <url>', 'the server to ask').env('GRAPHRUNNER_URL').argParser(parseUrl))
    .addOption(apiKeyOption())
    .action(async (options: McpOptions) => {
      context.exitCode = await talk(options, context);
    });
  addExamples(command, ['graphrunner mcp --url http://127.0.0.1:8000', 'DATABASE_URL=agent.db graphrunner mcp']);
};

async function talk({ url, apiKey }: McpOptions, { terminal }: Context): Promise<ExitCode> {
  const pipe = { input: terminal.stdin, output: terminal.stdout };
  const interrupted = terminal.interrupted();
  if (url === undefined) {
    const { serveAgent } = await import('../serve-agent.js');
    await serveAgent(pipe, { interrupted, log: (text) => void terminal.stderr.write(text) });
  } else {
    const { bridgeStdio } = await import('../../mcp/stdio.js');
    const bridge = bridgeStdio({ url, apiKey }, pipe);
    await Promise.race([bridge.closed, whenAborted(interrupted)]);
    await bridge.close();
  }
  return interrupted.aborted ? EXIT.interrupted : EXIT.done;
}

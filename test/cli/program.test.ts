import { describe, expect, it } from 'vitest';
import { CliError } from '../../src/cli/cli-error.js';
import { buildProgram } from '../../src/cli/program.js';
import { settingsSchema } from '../../src/config.js';
import { SETTING_NAMES } from '../../src/setting-names.js';
import { fakeTerminal, runCli } from '../helpers/cli.js';

const program = buildProgram({ terminal: fakeTerminal().terminal, exitCode: 0 });
const names = program.commands.map((command) => command.name());

async function refusal(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await runCli(args);
  expect([code, stdout], args.join(' ')).toEqual([2, '']);
  expect(stderr).toMatch(/^graphrunner: .*\n$/);
  return stderr.slice('graphrunner: '.length, -1);
}

describe('a command line that cannot be used gets one line and exit code 2:', () => {
  it.each([
    [['start'], 'There is no command "start". See graphrunner --help.'],
    [['shw'], 'There is no command "shw". Did you mean show? See graphrunner --help.'],
    [['--verbose'], 'There is no option --verbose. See graphrunner --help.'],
    [['-x'], 'There is no option -x. See graphrunner --help.'],
    [['--url', 'x', 'runs'], 'There is no option --url. Options come after the command. See graphrunner --help.'],
    [['runs', '--statos'], 'There is no option --statos. Did you mean --status? See graphrunner runs --help.'],
    [['show'], "Missing required argument 'run_id'. See graphrunner show --help."],
    [['show', 'a', 'b'], /^Too many arguments for 'show'\..* See graphrunner show --help\.$/],
    [['run', 'x', '--input'], /^Option '--input <json>' argument missing\. /],
    [
      ['runs', '--url', 'ftp://host'],
      /argument 'ftp:\/\/host' is invalid\. It must be an http:\/\/ or https:\/\/ URL\. /,
    ],
    [['runs', '--limit', '0'], /It must be a whole number from 1 on\. /],
    [['runs', '--metadata', 'x'], '--metadata takes KEY=VALUE, not "x".'],
    [['validate', 'x', '--format', 'xml'], /Allowed choices are text, github\. /],
    [['fork', 'x'], /^Required option '--from-step <number>' not specified\. /],
    [['schedules', 'trigger'], /^Usage: graphrunner schedules /],
    [['migrate'], /^Usage: graphrunner migrate FILE \[postgres:/],
    [['migrate', 'workflow.db', 'other.db'], /^Usage: graphrunner migrate FILE \[postgres:/],
    [['run', 'x', '--tools', './a.mjs'], /^--tools and --with are for --local/],
  ])('%j', async (args, message) => {
    const said = await refusal(...args);
    if (typeof message === 'string') expect(said).toBe(message);
    else expect(said).toMatch(message);
  });

  it.each(['--port', '--PORT=1', '--max-body-bytes'])(
    'a setting as an option (%s): it says how it is given',
    async (option) => {
      expect(await refusal(option, '9000')).toMatch(
        /(PORT|MAX_BODY_BYTES) is a setting: an environment variable, as in \1=\.\.\. /,
      );
      expect(await refusal('serve', option)).toContain(' is a setting');
    },
  );

  it('a URL in place of a command: its password is not repeated', async () => {
    expect(await refusal('postgres://me:secret@host/db')).toContain('"postgres://***@host/db"');
  });

  it.each([
    [['runs', '--api-key', 'hunter2 '], 'Keys have visible ASCII characters'],
    [['validate', 'x', '--url', 'http://host', '--api-key', 'hunter2\n'], 'Keys have visible ASCII characters'],
    [['runs', '--url', 'http://me:hunter2@host'], 'A URL of a server has no user and no password'],
    [['runs', '--url', 'me:hunter2@host'], 'A URL of a server has no user and no password'],
  ])('a secret that cannot be used is not repeated: %j', async (args, message) => {
    const said = await refusal(...args);
    expect(said).toContain(message);
    expect(said).not.toContain('hunter2');
  });

  it('JSON that is too deep to be sent', async () => {
    const deep = '['.repeat(50_000) + ']'.repeat(50_000);
    expect(await refusal('run', 'x', '--input', deep)).toBe('--input is nested too deeply.');
  });

  it('a long one is repeated only in part', async () => {
    expect((await refusal(`--${'x'.repeat(5000)}`)).length).toBeLessThan(200);
    expect(new CliError('a').exitCode).toBe(2);
  });
});

describe('the help', () => {
  it('names every command', async () => {
    const { code, stdout } = await runCli(['--help']);
    expect(code).toBe(0);
    for (const name of names) expect(stdout).toMatch(new RegExp(`^  ${name} `, 'm'));
  });

  it.each(names)('of %s has examples that begin with the command', async (name) => {
    const { code, stdout, stderr } = await runCli([name, '--help']);
    expect([code, stderr]).toEqual([0, '']);
    const [, examples = ''] = /\nExamples:\n((?: {2}.*\n)+)/.exec(stdout) ?? [];
    expect(examples).toContain(`graphrunner ${name === 'serve' ? '' : name}`.trimEnd());
  });

  it('of serve lists every setting', async () => {
    const { stdout } = await runCli(['help', 'serve']);
    expect(stdout).toContain('\n  PORT\n');
    expect(Object.keys(settingsSchema.shape)).toEqual([...SETTING_NAMES]);
    for (const name of SETTING_NAMES) expect(stdout).toContain(`\n  ${name}\n`);
  });

  it('is what the version is not', async () => {
    expect((await runCli(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe('completion', () => {
  it.each(['bash', 'zsh'])('for %s knows every command and option', async (shell) => {
    const { stdout } = await runCli(['completion', shell]);
    for (const command of program.commands) {
      expect(stdout).toContain(`    ${command.name()})\n`);
      for (const { long } of command.options) expect(stdout).toContain(String(long));
    }
    expect(stdout).toContain('words="text github"');
    expect(stdout.startsWith('#compdef')).toBe(shell === 'zsh');
  });
});

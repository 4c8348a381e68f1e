import { describe, expect, it } from 'vitest';
import { helpText, readArguments } from '../src/arguments.js';

const SETTINGS = ['PORT', 'MAX_BODY_BYTES'];

function reasonOf(...args: string[]): string | undefined {
  const request = readArguments(args, SETTINGS);
  return request.kind === 'refuse' ? request.reason : undefined;
}

describe('a command line', () => {
  it.each([
    [[], 'serve'],
    [['--'], 'serve'],
    [['--help'], 'help'],
    [['-h'], 'help'],
    [['--version', '--help'], 'help'],
    [['-v'], 'version'],
    [['--version'], 'version'],
  ])('%j asks for %s', (args, kind) => {
    expect(readArguments(args, SETTINGS)).toEqual({ kind });
  });

  it.each([
    [['start'], 'There is no command "start".'],
    [['--', '--help'], 'There is no command "--help".'],
    [['--help', 'me'], 'There is no command "me".'],
    [['--verbose'], 'There is no option --verbose.'],
    [['-x'], 'There is no option -x.'],
    [['-hx'], 'There is no option -x.'],
    [['--no-help'], 'There is no option --no-help.'],
    [['--help=yes'], 'The option --help takes no value.'],
    [['--__proto__'], 'There is no option --__proto__.'],
  ])('%j is refused', (args, reason) => {
    expect(reasonOf(...args)).toBe(`${reason} See graphrunner --help.`);
  });

  it('asks for the move of a database', () => {
    const to = 'postgres://me@db/runs';
    expect(readArguments(['migrate', 'workflow.db', to], SETTINGS)).toEqual({
      kind: 'migrate',
      from: 'workflow.db',
      to,
    });
    expect(readArguments(['migrate', 'workflow.db'], SETTINGS)).toEqual({ kind: 'migrate', from: 'workflow.db' });
  });

  it.each([
    [['migrate']],
    [['migrate', 'workflow.db', 'other.db']],
    [['migrate', 'workflow.db', 'postgres://db/runs', 'more']],
  ])('%j says how it is to be called', (args) => {
    expect(reasonOf(...args)).toMatch(/^Usage: graphrunner migrate FILE \[postgres:/);
  });

  it.each(['--port', '--PORT=1', '--max-body-bytes'])(
    'with a setting as an option (%s) says how it is given',
    (option) => {
      expect(reasonOf(option)).toMatch(/(PORT|MAX_BODY_BYTES) is a setting: an environment variable, as in \1=\.\.\. /);
    },
  );

  it('is repeated only in part if it is long', () => {
    expect(reasonOf(`--${'x'.repeat(5000)}`)?.length).toBeLessThan(200);
  });

  it('gets a help that lists every setting', () => {
    expect(helpText(SETTINGS)).toContain('\n  PORT\n  MAX_BODY_BYTES\n');
  });
});

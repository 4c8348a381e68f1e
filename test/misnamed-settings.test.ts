import { describe, expect, it } from 'vitest';
import { misnamedSettings } from '../src/config.js';
import { findMisnamedSettings } from '../src/misnamed-settings.js';
import { SETTING_NAMES } from '../src/setting-names.js';

describe('a variable', () => {
  it.each([
    ['MAX_CONCURENT_RUNS', 'MAX_CONCURRENT_RUNS'],
    ['MAX_CONCURRENT_RUN', 'MAX_CONCURRENT_RUNS'],
    ['API_KEY', 'API_KEYS'],
    ['PORTS', 'PORT'],
    ['PROT', 'PORT'],
    ['port', 'PORT'],
    ['TOOL', 'TOOLS'],
    ['LOGLEVEL', 'LOG_LEVEL'],
    ['Log-Level', 'LOG_LEVEL'],
    ['STEP_TIMEOUT', 'STEP_TIMEOUT_SECONDS'],
    ['DATABASE_URI', 'DATABASE_URL'],
    ['GRAPHRUNNER_HOST', 'HOST'],
  ])('%s is taken for a miss of %s', (name, meant) => {
    expect(findMisnamedSettings([name], SETTING_NAMES)).toEqual([{ name, meant }]);
  });

  it('of others is left alone', () => {
    const others = [
      ...['HEADERS', 'TIMEOUT', 'PROTOCOL', 'LOGS_ENDPOINT', 'TRACES_ENDPOINT'].map(
        (end) => `OTEL_EXPORTER_OTLP_${end}`,
      ),
      'HOME',
      'HOSTNAME',
      'PATH',
      'SORT',
      'PWD',
      'USER',
      'LANG',
      'TERM',
      'HTTP_PROXY',
      'NODE_ENV',
      'npm_config_user_agent',
    ];
    const ours = ['GRAPHRUNNER_URL', 'GRAPHRUNNER_API_KEY', 'SECRET_TOKEN', 'DATABASE', ...SETTING_NAMES];
    expect(findMisnamedSettings([...others, ...ours, 'X'.repeat(100_000)], SETTING_NAMES)).toEqual([]);
  });

  it('without a value is none', () => {
    expect(misnamedSettings({ API_KEY: ' ', LOGLEVEL: 'debug' })).toEqual([{ name: 'LOGLEVEL', meant: 'LOG_LEVEL' }]);
  });
});

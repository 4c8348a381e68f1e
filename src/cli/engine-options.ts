import type { Config } from '../config.js';
import type { GraphrunnerOptions } from '../graphrunner.js';

/** The options of an engine in this process that has the settings of the server: all but how that listens and logs. */
export function engineOptions({
  host: _host,
  port: _port,
  logLevel: _level,
  otlpEndpoint: _endpoint,
  isOpenOnLoopback,
  databaseUrl: database,
  tools: toolModules,
  ...settings
}: Config): GraphrunnerOptions {
  return { ...settings, database, toolModules, anyHost: !isOpenOnLoopback, demo: true };
}

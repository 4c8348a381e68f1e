#!/usr/bin/env node
import { setFlagsFromString } from 'node:v8';
import { helpText, readArguments } from './arguments.js';
import { serve } from './cli/serve.js';
import { loadConfig, SETTING_NAMES } from './config.js';
import { assertNever } from './core/base/assert-never.js';
import { messageOf } from './core/base/errors.js';
import { isPostgresUrl } from './core/base/postgres-url.js';
import { migrate } from './migrate.js';
import { readVersion } from './version.js';

// Collects old garbage sooner: V8 lets the heap grow by 70 MB of it before it looks, where 24 MB are alive. With 50 demo runs
// in flight the process peaks at 172 MB instead of 225, as fast as without. `--optimize-for-size` came down to 151 MB, but
// took half as much processor time again, because it also keeps the space for new objects small.
setFlagsFromString('--heap-growing-percent=35');

/** @param to the URL of a database; `DATABASE_URL` if there is none */
async function move(from: string, to: string | undefined): Promise<void> {
  try {
    const url = to ?? loadConfig().databaseUrl;
    if (!isPostgresUrl(url)) {
      throw new Error('no Postgres database is given. Put its URL behind the file, or into DATABASE_URL.');
    }
    await migrate(from, url, (line) => void process.stdout.write(`${line}\n`));
  } catch (error) {
    process.stderr.write(`graphrunner cannot migrate: ${messageOf(error)}\n`);
    process.exitCode = 1;
  }
}

async function main(): Promise<void> {
  const request = readArguments(process.argv.slice(2), SETTING_NAMES);
  switch (request.kind) {
    case 'serve':
      return serve();
    case 'help':
      process.stdout.write(helpText(SETTING_NAMES));
      return;
    case 'version':
      process.stdout.write(`${readVersion()}\n`);
      return;
    case 'migrate':
      return move(request.from, request.to);
    case 'refuse':
      process.stderr.write(`graphrunner cannot start: ${request.reason}\n`);
      process.exitCode = 1;
      return;
    default:
      assertNever(request);
  }
}

await main();

import pg from 'pg';
import { inject } from 'vitest';
import type { StartedPostgres } from './postgres-server.js';
import { TcpProxy } from './tcp-proxy.js';

/** A Postgres to test with. */
export interface TestPostgres {
  /** Connects to the server as somebody who can do everything. */
  readonly url: string;
  /** Makes an empty schema, and gives the URL of the database in which it is the current one. */
  newSchema(): Promise<string>;
}

/**
 * The server that all test files share, each with schemas of its own.
 * @returns undefined, with a notice, if there is none: tests that need it are skipped then
 * @throws Error in CI, where nothing may be skipped
 */
export async function findPostgres(): Promise<TestPostgres | undefined> {
  const response = await fetch(inject('postgresStarter'));
  const started = (await response.json()) as StartedPostgres;
  if ('url' in started) return { url: started.url, newSchema: () => newSchema(started.url) };
  if (process.env.CI) throw new Error(started.reason);
  console.warn(`Tests that need Postgres are skipped. ${started.reason}`);
  return undefined;
}

async function newSchema(url: string): Promise<string> {
  const name = `test_${crypto.randomUUID().replaceAll('-', '')}`;
  const client = new pg.Client(url);
  await client.connect();
  await client.query(`CREATE SCHEMA ${name}`);
  await client.end();
  return inSchema(url, name);
}

/** The URL of a database in which connections see one schema only. */
export function inSchema(url: string, schema: string): string {
  const location = new URL(url);
  location.searchParams.set('options', `-c search_path=${schema}`);
  return location.href;
}

/** Stands before the server of a URL; gives the URL that leads through it. */
export async function openProxy(url: string): Promise<{ proxy: TcpProxy; url: string }> {
  const location = new URL(url);
  const proxy = new TcpProxy({ host: location.hostname, port: Number(location.port) });
  await proxy.open();
  location.port = String(proxy.port);
  return { proxy, url: location.href };
}

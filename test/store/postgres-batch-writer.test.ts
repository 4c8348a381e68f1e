import type pg from 'pg';
import { describe, expect, it } from 'vitest';
import { BatchWriter, CommitUnansweredError } from '../../src/store/postgres/batch-writer.js';
import { rowsOf } from '../../src/store/postgres/unit-rows.js';
import { newRun, unit } from './runs.js';

interface Sent {
  readonly text: string;
  readonly query_timeout?: number;
}

/** A pool with one connection, which answers as it is told. */
function poolWith(answer: (text: string) => object | Error) {
  const sent: Sent[] = [];
  const released: (boolean | undefined)[] = [];
  const client = {
    query: async (query: Sent) => {
      sent.push(query);
      const answered = answer(query.text);
      if (answered instanceof Error) throw answered;
      return { command: query.text, rows: [], rowCount: 1, ...answered };
    },
    release: (isBroken?: boolean) => void released.push(isBroken),
  };
  return { pool: { connect: async () => client } as unknown as pg.Pool, sent, released };
}

/** The answer to a batch with one new run of version 1 of graph `g`, with which all is well. */
function well(text: string): object {
  return text.includes('graph_definitions') ? { rows: [{ graphId: 'g', version: 1, isLatest: true }] } : {};
}

describe('writing a batch to Postgres', () => {
  it('sends the statements of a batch together, and COMMIT behind their answers', async () => {
    const { pool, sent, released } = poolWith(well);
    expect(await new BatchWriter(pool, []).write([rowsOf(unit(newRun()))])).toEqual([undefined]);
    const texts = sent.map(({ text }) => text.trim().split(/\s+/).slice(0, 3).join(' '));
    expect(texts).toEqual([
      'BEGIN ISOLATION LEVEL',
      'SELECT pg_advisory_xact_lock_shared(1735553794, hashtext(graph_id))',
      'SELECT found.graph_id AS',
      'INSERT INTO workflow_runs',
      'INSERT INTO run_events',
      'COMMIT',
    ]);
    expect(sent.filter((query) => 'query_timeout' in query)).toEqual([]);
    expect(released).toEqual([false]);
  });

  it('gives a large batch the time that it takes to arrive', async () => {
    const { pool, sent } = poolWith(well);
    const large = newRun({ inputData: 'x'.repeat(3.5 * 1_048_576) });
    await new BatchWriter(pool, []).write([rowsOf(unit(large))]);
    expect(sent[0]?.text).toMatch(/^BEGIN.*; SET LOCAL idle_in_transaction_session_timeout = 8000$/);
    expect(new Set(sent.map((query) => query.query_timeout))).toEqual(new Set([13_000]));
  });

  it('stores nothing if the connection is lost before COMMIT, and does not use it again', async () => {
    const { pool, sent, released } = poolWith((text) =>
      text.includes('run_events') ? new Error('Connection terminated unexpectedly') : well(text),
    );
    const refused = new BatchWriter(pool, []).write([rowsOf(unit(newRun()))]);
    await expect(refused).rejects.toMatchObject({ name: 'StoreUnavailableError' });
    expect(sent.map(({ text }) => text)).not.toContain('COMMIT');
    expect(released).toEqual([true]);
  });

  it('does not know what became of a batch whose COMMIT is not answered', async () => {
    const { pool, released } = poolWith((text) => (text === 'COMMIT' ? new Error('Query read timeout') : well(text)));
    const unanswered = new BatchWriter(pool, []).write([rowsOf(unit(newRun()))]);
    await expect(unanswered).rejects.toBeInstanceOf(CommitUnansweredError);
    await expect(unanswered).rejects.toMatchObject({ refusals: [undefined] });
    expect(released).toEqual([true]);
  });

  it('takes no ROLLBACK for a COMMIT', async () => {
    const { pool } = poolWith((text) => (text === 'COMMIT' ? { command: 'ROLLBACK' } : well(text)));
    const refused = new BatchWriter(pool, []).write([rowsOf(unit(newRun()))]);
    await expect(refused).rejects.toMatchObject({
      name: 'StoreUnavailableError',
      cause: { message: 'The database answered COMMIT with ROLLBACK.' },
    });
  });

  it('says that there is no connection', async () => {
    const pool = { connect: () => Promise.reject(new Error('connect ECONNREFUSED')) } as unknown as pg.Pool;
    const refused = new BatchWriter(pool, []).write([rowsOf(unit(newRun()))]);
    await expect(refused).rejects.toMatchObject({ name: 'StoreUnavailableError' });
  });
});

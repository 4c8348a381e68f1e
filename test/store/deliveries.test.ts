import { afterAll, describe, expect, it } from 'vitest';
import { CLAIM_MS } from '../../src/store/deliveries.js';
import { LocalSignals } from '../../src/store/local-signals.js';
import { type OpenedStore, openStore } from '../../src/store/postgres/open-store.js';
import { findPostgres } from '../helpers/postgres.js';
import { describeDeliveries, follow, startRun } from './deliveries.suite.js';
import { open, openWithDatabase } from './open-stores.js';
import { openPostgres } from './postgres-stores.js';
import { COMPLETED, graph, NOON } from './runs.js';

const postgres = await findPostgres();

const OPTIONS = {
  logger: { info: () => undefined, error: () => undefined },
  signals: new LocalSignals(),
  participants: [],
  random: Math.random,
  onCommit: () => undefined,
};

describeDeliveries('SQLite', async () => open());

describe('SQLite', () => {
  it('looks into an index for whatever it asks of callbacks', () => {
    const { sqlite } = openWithDatabase();
    const plans: string[] = [];
    const texts = [
      `SELECT * FROM deliveries WHERE run_id = 'a' AND seq = 1 AND target = 0`,
      `SELECT * FROM deliveries d WHERE d.status = 'dead' AND (d.created_at, d.run_id, d.seq, d.target) < (1, 'a', 1, 0)
        ORDER BY d.created_at DESC, d.run_id DESC, d.seq DESC, d.target DESC LIMIT 9`,
      `SELECT seq FROM deliveries WHERE run_id = 'a' AND target = 0 AND status = 'pending' ORDER BY seq LIMIT 1`,
      `SELECT run_id FROM delivery_targets WHERE host = 'a' AND next_at <= 5 ORDER BY next_at LIMIT 5`,
      `SELECT host, next_at FROM delivery_targets WHERE host > 'a' AND next_at IS NOT NULL ORDER BY host, next_at LIMIT 1`,
      'SELECT next_at FROM delivery_targets WHERE next_at > 5 ORDER BY next_at LIMIT 1',
      `SELECT count(*), min(created_at) FROM deliveries WHERE status = 'pending'`,
    ];
    for (const text of texts) {
      const plan = sqlite.prepare(`EXPLAIN QUERY PLAN ${text}`).all() as { detail: string }[];
      plans.push(plan.map(({ detail }) => detail).join('; '));
    }
    for (const plan of plans) {
      expect(plan).toMatch(/^SEARCH \w+( d)? USING (COVERING )?INDEX/);
      expect(plan).not.toContain('TEMP B-TREE');
    }
  });
});

describe.skipIf(postgres === undefined)('Postgres', () => {
  // One for all: it takes longer to open than the tests take.
  let opened: OpenedStore | undefined;
  afterAll(() => opened?.store.close());
  describeDeliveries('Postgres', async () => {
    opened ??= await openStore({ ...OPTIONS, url: await postgres!.newSchema() });
    await opened.pools.readers.query(
      'TRUNCATE deliveries, delivery_targets, workflow_runs, run_events, run_metadata, graph_definitions',
    );
    return opened.store;
  });

  it('gives a claim to one server, and to another one when it is not extended', async () => {
    const url = await postgres!.newSchema();
    const [one, other] = [(await openPostgres(url)).store, (await openPostgres(url)).store];
    await one.createGraph(graph('g'));
    for (let run = 0; run < 20; run++) await follow(one, await startRun(one), [COMPLETED]);
    const now = NOON + 60_000;
    const claims = await Promise.all(
      [one, other, one, other].map((store) => store.deliveries.claim('a.example:80', now, 10)),
    );
    const runIds = claims.flat().map(({ runId }) => runId);
    expect(new Set(runIds).size).toBe(runIds.length);
    const rest = await other.deliveries.claim('a.example:80', now, 50);
    expect(runIds.length + rest.length).toBe(20);

    const [kept, lost] = [...claims.flat(), ...rest] as const;
    await one.deliveries.extend([kept!], now + CLAIM_MS - 1);
    const takenOver = await other.deliveries.claim('a.example:80', now + CLAIM_MS, 50);
    expect(takenOver).toHaveLength(19);
    const ended = {
      at: now,
      ms: 1,
      result: { kind: 'answered', status: 200, retryAfterSeconds: undefined },
      retries: 0,
    } as const;
    // What a server has lost it does not settle.
    expect(await one.deliveries.settle(lost!, ended, now, 0)).toBeUndefined();
    await one.deliveries.release(lost!, now);
    expect(await one.deliveries.settle(kept!, ended, now, 0)).toBe('delivered');
    for (const claimed of takenOver) expect(await other.deliveries.settle(claimed, ended, now, 0)).toBe('delivered');
    expect(await one.deliveries.countPending()).toMatchObject({ count: 0 });
  });

  it('stores and settles callbacks of the same targets at once, and loses none', async () => {
    const url = await postgres!.newSchema();
    const [one, other] = [(await openPostgres(url)).store, (await openPostgres(url)).store];
    await one.createGraph(graph('g'));
    const runs = await Promise.all(Array.from({ length: 10 }, () => startRun(one)));
    let isOver = false;
    const delivered: string[] = [];
    const deliver = async (store: typeof one) => {
      while (!isOver || (await store.deliveries.countPending()).count > 0) {
        const now = NOON + 60_000;
        const claims = await store.deliveries.claim('a.example:80', now, 5);
        await Promise.all(
          claims.map(async (claimed) => {
            const result = { kind: 'answered', status: 200, retryAfterSeconds: undefined } as const;
            delivered.push(`${claimed.runId} ${claimed.seq}`);
            await store.deliveries.settle(claimed, { at: now, ms: 1, result, retries: 0 }, now, 0);
          }),
        );
      }
    };
    const store = async (state: (typeof runs)[number]) => {
      let after = state;
      for (let round = 0; round < 20; round++) {
        const asks = { type: 'wait.started', step: 1, node: 'a', attempt: 1, logs: [] } as const;
        const wait = { kind: 'input', until: null, save_as: 'x' } as const;
        const answer = { type: 'wait.ended', wait_id: `w${after.seq + 1}`, outcome: 'answered' } as const;
        after = await follow(one, after, [{ ...asks, wait }, answer]);
      }
    };
    const delivering = [deliver(one), deliver(other)];
    await Promise.all(runs.map(store));
    isOver = true;
    await Promise.all(delivering);
    expect(new Set(delivered).size).toBe(200);
    expect(delivered).toHaveLength(200);
    for (const { runId } of runs) {
      const seqs = delivered.filter((one) => one.startsWith(runId)).map((one) => Number(one.split(' ')[1]));
      expect(seqs).toEqual(seqs.toSorted((a, b) => a - b));
    }
  });
});

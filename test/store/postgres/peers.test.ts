import pg from 'pg';
import { afterAll, describe, expect, it } from 'vitest';
import { PostgresPeers } from '../../../src/store/postgres/peers.js';
import { startDatabase } from '../../../src/store/postgres/start.js';
import { findPostgres } from '../../helpers/postgres.js';

const postgres = await findPostgres();

describe.skipIf(postgres === undefined)('the other processes on Postgres', async () => {
  const url = (await postgres?.newSchema()) ?? '';
  const pool = new pg.Pool({ connectionString: url, max: 2 });
  if (url !== '') await startDatabase(url, Math.random, async () => undefined);
  afterAll(() => pool.end());
  let time = Date.UTC(2026, 0, 1);
  const now = () => time;
  const join = (id: string, ...abilities: string[]) =>
    PostgresPeers.join({ pool, id, now, abilities: () => abilities, onFailure: () => undefined });

  it('are asked what they can do: one has to have it all, is not oneself, and was there in the last minutes', async () => {
    const here = await join('here', 'a', 'b', 'c');
    const there = await join('there', 'a', 'b', 'of "two" words');
    await join('elsewhere', 'c');
    expect(await here.have(['a', 'b'])).toBe(true);
    expect(await here.have(['of "two" words'])).toBe(true);
    expect(await here.have(['a', 'c'])).toBe(false);
    expect(await there.have(['c', 'b'])).toBe(true);
    time += 299_000;
    expect(await here.have(['a'])).toBe(true);
    time += 1000;
    expect(await here.have(['a'])).toBe(false);
    await there.leave();
    await here.leave();
  });

  it('are waited for when they have left, because they may be starting again, and forgotten after an hour', async () => {
    const here = await join('here', 'a');
    const there = await join('there', 'b');
    expect(await here.have(['b'])).toBe(true);
    await there.leave();
    expect(await here.have(['b'])).toBe(true);
    time += 290_000;
    expect(await here.have(['b'])).toBe(false);
    await here.leave();
    time += 3_600_001;
    await join('next');
    const { rows } = await pool.query('SELECT id FROM processes');
    expect(rows).toEqual([{ id: 'next' }]);
  });
});

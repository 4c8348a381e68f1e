import pg from 'pg';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Listener } from '../../../src/store/postgres/listener.js';
import { findPostgres } from '../../helpers/postgres.js';

const postgres = await findPostgres();

describe.skipIf(postgres === undefined)('the connection that listens', () => {
  const url = postgres?.url ?? '';
  const open: { close(): Promise<void> }[] = [];
  afterEach(async () => {
    await Promise.all(open.splice(0).map((each) => each.close()));
  });

  const listen = (channel: string) => {
    const heard: string[] = [];
    const onListening = vi.fn();
    const onLost = vi.fn();
    const onNotification = (payload: string) => void heard.push(payload);
    const listener = new Listener({ url, channel, onNotification, onListening, onLost });
    open.push(listener);
    return { heard, onListening, onLost, listener };
  };
  const query = async (text: string, values: unknown[] = []) => {
    const client = new pg.Client(url);
    await client.connect();
    await client.query(text, values);
    await client.end();
  };
  const notify = (channel: string, payload: string) => query('SELECT pg_notify($1, $2)', [channel, payload]);

  it('hears what is said on its channel', async () => {
    const { heard, onListening } = listen('Channel "1"');
    await vi.waitFor(() => expect(onListening).toHaveBeenCalledTimes(1));
    await notify('another', 'no');
    await notify('Channel "1"', 'yes');
    await vi.waitFor(() => expect(heard).toEqual(['yes']));
  });

  it('is made again when it is lost, says so once, and says when it listens again', async () => {
    const { heard, onListening, onLost } = listen('lost');
    await vi.waitFor(() => expect(onListening).toHaveBeenCalledTimes(1));
    await query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query = 'LISTEN "lost"'`);
    await vi.waitFor(() => expect(onListening).toHaveBeenCalledTimes(2), { timeout: 5000 });
    expect(onLost).toHaveBeenCalledTimes(1);
    await notify('lost', 'again');
    await vi.waitFor(() => expect(heard).toEqual(['again']));
  });

  it('is tried until there is a server, with one word about it, and closes at once meanwhile', async () => {
    const onLost = vi.fn();
    const nothing = () => undefined;
    const nobody = 'postgres://postgres@127.0.0.1:9/postgres';
    const listener = new Listener({ url: nobody, channel: 'c', onNotification: nothing, onListening: nothing, onLost });
    await vi.waitFor(() => expect(onLost).toHaveBeenCalled());
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(onLost).toHaveBeenCalledTimes(1);
    const begun = performance.now();
    await listener.close();
    expect(performance.now() - begun).toBeLessThan(1000);
  });
});

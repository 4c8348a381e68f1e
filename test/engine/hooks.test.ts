import Database from 'better-sqlite3';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { HookBook } from '../../src/engine/hooks/hook-book.js';
import { Refusals } from '../../src/engine/hooks/refusals.js';
import { Turns } from '../../src/runs/turns.js';
import { startEngine, type TestEngine, type TestEngineOptions } from '../helpers/engine.js';
import { findPostgres } from '../helpers/postgres.js';

const postgres = await findPostgres();
/** There, the clock is the database's, and there is no file. */
const isPostgres = process.env.TEST_DATABASE === 'postgres';
const NONE = { scheme: 'none' } as const;
const HOOK = { hook_id: 'h', action: 'start', graph_id: 'g', verify: NONE, dedupe: '${ body.id }' } as const;

async function start(options: TestEngineOptions = {}): Promise<TestEngine> {
  const engine = await startEngine(options);
  onTestFinished(() => engine.stop());
  return engine;
}

function send({ engine }: Pick<TestEngine, 'engine'>, body: object | string, hookId = 'h') {
  const bytes = Buffer.from(JSON.stringify(body));
  return engine.openDelivery(hookId, {}).then((open) => engine.deliver(open, { query: {}, body: bytes }));
}

async function withHook(options: TestEngineOptions = {}): Promise<TestEngine> {
  const server = await start(options);
  const node = { name: 'n', tool_name: 'set_data', params: { values: { a: 1 } } };
  await server.engine.createGraph({ graph_id: 'g', name: 'g', entry_point: 'n', nodes: [node], edges: [] });
  await server.engine.createHook(HOOK);
  return server;
}

it('a hook is not saved if its graph is deleted meanwhile', async () => {
  const { engine, store } = await withHook();
  store.hasGraph = async () => true;
  await expect(engine.createHook({ ...HOOK, hook_id: 'i', graph_id: 'gone' })).rejects.toMatchObject({
    code: 'graph_not_found',
  });
  const { hook_id: _, ...definition } = HOOK;
  await expect(engine.updateHook('h', { ...definition, graph_id: 'gone' })).rejects.toMatchObject({
    code: 'graph_not_found',
  });
});

describe('deliveries', () => {
  it('that cannot be done at the moment leave no trace, and are done when they come again', async () => {
    const server = await withHook({ maxQueuedRuns: 1, maxConcurrentRuns: 1 });
    const results = await Promise.allSettled(Array.from({ length: 20 }, (_, id) => send(server, { id })));
    const full = results.flatMap(({ status }, id) => (status === 'rejected' ? [id] : []));
    expect(full.length).toBeGreaterThan(0);
    expect((await server.engine.listHookDeliveries('h', { limit: 100 })).deliveries).toHaveLength(20 - full.length);
    for (const id of full) {
      for (;;) {
        const sent = await send(server, { id }).catch((error: unknown) => error);
        if (!(sent instanceof Error)) break;
        expect(sent).toMatchObject({ code: 'queue_full' });
      }
    }
    expect((await server.engine.listRuns({ limit: 100 })).runs).toHaveLength(20);
  });

  it.skipIf(isPostgres)('forget what is older than a week, as others come', async () => {
    const now = vi.fn(() => Date.UTC(2026, 0, 1));
    const first = await withHook({ now });
    await send(first, { id: 'old' });
    now.mockReturnValue(Date.UTC(2026, 0, 8, 1));
    const again = await startEngineAgain(first, now);
    await send(again, { id: 'new' });
    const { deliveries } = await again.engine.listHookDeliveries('h', { limit: 10 });
    expect(deliveries.map(({ deliveryId }) => deliveryId)).toEqual(['new']);
  });

  async function startEngineAgain(first: TestEngine, now: () => number): Promise<TestEngine> {
    await first.stop();
    return start({ path: first.path, now });
  }

  it.skipIf(isPostgres)('to a hook that cannot be read say so, until it is saved anew', async () => {
    const first = await withHook();
    await first.stop();
    const database = new Database(first.path);
    database.exec(`UPDATE hooks SET definition = '{"action":"later"}'`);
    database.close();
    const { engine } = await start({ path: first.path });
    await expect(engine.openDelivery('h', {})).rejects.toMatchObject({ code: 'hook_unreadable' });
    await expect(engine.listHooks({ limit: 10 })).rejects.toMatchObject({ code: 'hook_unreadable' });
    const { hook_id: _, ...definition } = HOOK;
    await engine.updateHook('h', definition);
    expect(await send({ engine }, { id: 1 })).toMatchObject({ outcome: 'accepted', isNew: true });
  });

  it('go on to the hooks that are there, once there are as many as there can be', async () => {
    const server = await withHook();
    const create = vi.spyOn(server.store.hooks, 'create').mockResolvedValueOnce('full');
    const more = { ...HOOK, hook_id: 'more' };
    await expect(server.engine.createHook(more)).rejects.toMatchObject({ code: 'too_many_hooks' });
    expect(create).toHaveBeenCalledWith(expect.objectContaining({ hookId: 'more' }), 1000);
    expect(await send(server, { id: 1 })).toMatchObject({ outcome: 'accepted' });
  });
});

describe.skipIf(postgres === undefined)('two servers on one Postgres', () => {
  it('start one run for a delivery that both are sent at once, and know of each other what hooks there are', async () => {
    const path = await postgres!.newSchema();
    const [one, other] = [await withHook({ path }), await start({ path })];
    const ids = Array.from({ length: 30 }, (_, id) => id);
    // The other one has never seen the hook.
    const sent = await Promise.all(ids.flatMap((id) => [send(one, { id }), send(other, { id }), send(other, { id })]));
    const runs = sent.map((result) => (result.outcome === 'accepted' ? result.runId : ''));
    for (const id of ids) expect(new Set(runs.slice(3 * id, 3 * id + 3)).size).toBe(1);
    expect((await one.engine.listRuns({ limit: 200 })).runs).toHaveLength(ids.length);
    const { hook_id: _, ...definition } = HOOK;
    await one.engine.updateHook('h', { ...definition, enabled: false });
    let later = 0;
    // Each time another delivery: one that is taken before the other server knows stays so.
    const sendLater = () => send(other, { id: `later ${later++}` });
    await vi.waitFor(() => expect(sendLater()).rejects.toMatchObject({ code: 'hook_disabled' }), 5000);
    expect(await send(other, { id: 3 })).toMatchObject({ replayed: true });
    await one.engine.createHook({ ...HOOK, hook_id: 'new' });
    expect(await send(other, { id: 1 }, 'new')).toMatchObject({ isNew: true });
    await one.engine.deleteHook('new');
    await vi.waitFor(
      () => expect(send(other, { id: `last ${later++}` }, 'new')).rejects.toMatchObject({ code: 'hook_not_found' }),
      5000,
    );
  });
});

describe('the hooks at hand', () => {
  it('are looked up ten times a second at most, however many strangers ask for others', async () => {
    const hooks = { listRevisions: vi.fn(async () => []), find: vi.fn() };
    const book = new HookBook({ hooks, turns: new Turns(), elapsed: () => performance.now() });
    const begunAt = performance.now();
    for (let round = 0; round < 5; round++) {
      const asked = Array.from({ length: 200 }, (_, index) => book.find(`h${round}-${index}`).catch(() => undefined));
      await Promise.all(asked);
    }
    const looks = hooks.listRevisions.mock.calls.length;
    expect(looks).toBe(5);
    expect(performance.now() - begunAt).toBeGreaterThan(390);
    expect(hooks.find).not.toHaveBeenCalled();
  });

  it('are read again after a failure of the database', async () => {
    const definition = JSON.stringify({ action: 'start', graph_id: 'g', verify: NONE });
    const find = vi.fn().mockRejectedValueOnce(new Error('down')).mockResolvedValue({ hookId: 'h', definition });
    const listRevisions = vi
      .fn()
      .mockRejectedValueOnce(new Error('down'))
      .mockResolvedValue([{ hookId: 'h', revision: 'r' }]);
    const book = new HookBook({ hooks: { listRevisions, find }, turns: new Turns() });
    await expect(book.find('h')).rejects.toThrow('down');
    await expect(book.find('h')).rejects.toThrow('down');
    expect((await book.find('h')).hookId).toBe('h');
    await book.find('h');
    expect(find).toHaveBeenCalledTimes(2);
    book.forget('h');
    find.mockResolvedValue(undefined);
    await expect(book.find('h')).rejects.toMatchObject({ code: 'hook_not_found' });
  });
});

describe('refusals', () => {
  it('are written at most every ten seconds, with one line in the log, and no timer while there are none', async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const noteRefusals = vi.fn().mockResolvedValue(undefined);
    const warn = vi.fn();
    const refusals = new Refusals({ hooks: { noteRefusals }, logger: { warn }, now: () => 7 });
    expect(vi.getTimerCount()).toBe(0);
    for (let count = 0; count < 100; count++) refusals.note('h', `reason ${count}`);
    expect([vi.getTimerCount(), noteRefusals.mock.calls.length]).toEqual([1, 0]);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(noteRefusals.mock.calls).toEqual([['h', { count: 100, at: 7, reason: 'reason 99' }]]);
    expect(warn).toHaveBeenCalledTimes(1);
    expect(vi.getTimerCount()).toBe(0);
    noteRefusals.mockRejectedValue(new Error('down'));
    refusals.note('h', 'once more');
    await refusals.flush();
    expect(warn).toHaveBeenLastCalledWith({ hook_id: 'h', err: 'down' }, expect.any(String));
  });
});

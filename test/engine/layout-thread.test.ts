import { EventEmitter } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Layout } from '../../src/diagram/layout.js';
import type { Diagram } from '../../src/diagram/model.js';
import { LayoutThread, type LayoutWorker } from '../../src/engine/layout-thread.js';

/** A thread that answers when the test says so. */
class Thread extends EventEmitter implements LayoutWorker {
  readonly asked: string[] = [];
  isEnded = false;
  isKept = true;

  postMessage({ title }: Diagram): void {
    this.asked.push(title);
  }

  terminate(): void {
    this.isEnded = true;
  }

  ref(): void {
    this.isKept = true;
  }

  unref(): void {
    this.isKept = false;
  }
}

const picture = (title: string): Diagram => ({ title, nodes: [], links: [], orders: [], groups: [] });
const LAYOUT: Layout = { width: 1, height: 1, nodes: [], links: [], frames: [] };

function make(timeLimitMs?: number) {
  const threads: Thread[] = [];
  const start = () => {
    const thread = new Thread();
    threads.push(thread);
    return thread;
  };
  const layouts = new LayoutThread(start, timeLimitMs);
  const nthThread = async (number: number): Promise<Thread> => {
    await nextTurn();
    const thread = threads[number - 1];
    if (thread === undefined) throw new Error(`There is no thread ${number}`);
    return thread;
  };
  return { layouts, threads, nthThread };
}

describe('the thread for pictures', () => {
  it('lays out one picture after the other, and keeps the process only meanwhile', async () => {
    const { layouts, threads, nthThread } = make();
    const [one, two] = [layouts.place(picture('one')), layouts.place(picture('two'))];
    const thread = await nthThread(1);
    expect([thread.asked, thread.isKept]).toEqual([['one'], true]);
    thread.emit('message', LAYOUT);
    expect(await one).toBe(LAYOUT);
    await nextTurn();
    expect(thread.asked).toEqual(['one', 'two']);
    thread.emit('message', LAYOUT);
    expect(await two).toBe(LAYOUT);
    expect([thread.isKept, threads.length]).toEqual([false, 1]);
    layouts.stop();
    expect(thread.isEnded).toBe(true);
  });

  it('is ended when a picture takes too long', async () => {
    const { layouts, nthThread } = make(1);
    expect(await layouts.place(picture('one'))).toBeUndefined();
    expect((await nthThread(1)).isEnded).toBe(true);
  });

  it('is ended when a picture takes too much memory; what it says later is not about the next one', async () => {
    const { layouts, nthThread } = make();
    const [one, two] = [layouts.place(picture('one')), layouts.place(picture('two'))];
    const first = await nthThread(1);
    first.emit('error', Object.assign(new Error('heap'), { code: 'ERR_WORKER_OUT_OF_MEMORY' }));
    expect(await one).toBeUndefined();
    const second = await nthThread(2);
    // Without a listener this would be thrown.
    first.emit('error', new Error('late'));
    first.emit('exit');
    second.emit('message', LAYOUT);
    expect(await two).toBe(LAYOUT);
  });

  it('that fails rejects its picture alone', async () => {
    const { layouts, nthThread } = make();
    const [one, two] = [layouts.place(picture('one')), layouts.place(picture('two'))];
    (await nthThread(1)).emit('error', new Error('broken'));
    await expect(one).rejects.toThrow('broken');
    (await nthThread(2)).emit('message', LAYOUT);
    expect(await two).toBe(LAYOUT);
  });

  it('that goes away while it rests is replaced', async () => {
    const { layouts, nthThread } = make();
    const one = layouts.place(picture('one'));
    (await nthThread(1)).emit('message', LAYOUT);
    await one;
    (await nthThread(1)).emit('exit');
    const two = layouts.place(picture('two'));
    (await nthThread(2)).emit('message', LAYOUT);
    expect(await two).toBe(LAYOUT);
  });

  it('rejects what is under way and what waits when the server stops', async () => {
    const { layouts, threads, nthThread } = make();
    const found = [layouts.place(picture('one')), layouts.place(picture('two'))];
    const thread = await nthThread(1);
    layouts.stop();
    for (const result of await Promise.allSettled(found))
      expect(result).toMatchObject({ reason: { code: 'shutting_down' } });
    expect([thread.isEnded, threads.length]).toEqual([true, 1]);
  });
});

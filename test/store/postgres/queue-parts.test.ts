import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DueClaims } from '../../../src/store/postgres/due-claims.js';
import { DueTimes } from '../../../src/store/postgres/due-times.js';
import { ConnectionError } from '../../../src/store/postgres/failures.js';
import { Heartbeat, type HeartbeatOptions } from '../../../src/store/postgres/heartbeat.js';
import { HeldClaims } from '../../../src/store/postgres/held-claims.js';
import { type ClaimedJob, jobsSchemaOf } from '../../../src/store/postgres/job-queues.js';
import { LeavingClaims } from '../../../src/store/postgres/leaving-claims.js';
import { Outage } from '../../../src/store/postgres/outage.js';
import { QueueRoom } from '../../../src/store/postgres/queue-room.js';
import { gate } from '../../helpers/tools.js';

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
});
afterEach(() => {
  vi.useRealTimers();
});

const elapsed = (): number => Date.now();
const job = (runId: string, data: ClaimedJob['data'] = {}): ClaimedJob => {
  return { id: `job-${runId}`, retryCount: 0, runId, data, isWake: false, begins: false, heartbeatSeconds: 10 };
};
const NOT = { isTakeover: false, isSuspect: false };

describe('the heartbeat', () => {
  function start(options: Partial<HeartbeatOptions> = {}) {
    const held = new HeldClaims(elapsed);
    const touchClaims = vi.fn(async (_: unknown, jobs: readonly { id: string }[]) => new Set(jobs.map(({ id }) => id)));
    const touchSuspects = vi.fn(async () => undefined);
    const heard = { onLost: vi.fn(), onSilence: vi.fn(), onError: vi.fn() };
    const session = {} as HeartbeatOptions['session'];
    const jobs = { touchClaims, touchSuspects };
    const heartbeat = new Heartbeat({ jobs, held, session, elapsed, ...heard, ...options });
    return { held, touchClaims, touchSuspects, ...heard, heartbeat };
  }

  it('touches all claims with one statement every 3 seconds', async () => {
    const { held, touchClaims, touchSuspects, onSilence, heartbeat } = start();
    held.add(job('a'), elapsed(), NOT);
    held.add(job('b'), elapsed(), { isTakeover: true, isSuspect: true }, { id: 'b', retryCount: 0 });
    heartbeat.start();
    await vi.advanceTimersByTimeAsync(31_000);
    heartbeat.stop();
    expect(touchClaims).toHaveBeenCalledTimes(11);
    expect(touchClaims).toHaveBeenLastCalledWith(expect.anything(), [job('a'), job('b')]);
    expect(touchSuspects).toHaveBeenCalledTimes(11);
    expect(onSilence).not.toHaveBeenCalled();
  });

  it('sends nothing while there are no claims', async () => {
    const { touchClaims, heartbeat } = start();
    heartbeat.start();
    await vi.advanceTimersByTimeAsync(30_000);
    heartbeat.stop();
    expect(touchClaims).not.toHaveBeenCalled();
  });

  it('tells of claims that do not hold any more, unless they were let go meanwhile', async () => {
    const { held, touchClaims, onLost, heartbeat } = start();
    const [lost, left, kept] = ['a', 'b', 'c'].map((runId) => held.add(job(runId), elapsed(), NOT));
    touchClaims.mockImplementation(async () => {
      held.remove(left!);
      return new Set(['job-c']);
    });
    await heartbeat.touch([lost!, left!, kept!]);
    expect(onLost.mock.calls).toEqual([[lost]]);
  });

  it('counts claims as lost after 8 seconds without an answer, each once, and touches them no more', async () => {
    const { held, touchClaims, onSilence, onError, heartbeat } = start();
    const one = held.add(job('a'), elapsed(), NOT);
    onSilence.mockImplementation(() => {
      one.isAbandoned = true;
    });
    touchClaims.mockRejectedValue(new ConnectionError('gone'));
    heartbeat.start();
    await vi.advanceTimersByTimeAsync(7900);
    expect(onSilence).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(700);
    expect(onSilence.mock.calls).toEqual([[one]]);
    const sent = touchClaims.mock.calls.length;
    expect(onError).toHaveBeenCalledTimes(sent);
    await vi.advanceTimersByTimeAsync(20_000);
    heartbeat.stop();
    expect(onSilence).toHaveBeenCalledOnce();
    expect(touchClaims).toHaveBeenCalledTimes(sent);
  });

  it('goes by what each job was made with', async () => {
    const { held, touchClaims, onSilence, onError, heartbeat } = start();
    held.add({ ...job('a'), heartbeatSeconds: 60 }, elapsed(), NOT);
    const one = held.add(job('b'), elapsed(), NOT);
    onSilence.mockImplementation((lost: typeof one) => {
      lost.isAbandoned = true;
    });
    touchClaims.mockRejectedValue(new ConnectionError('gone'));
    heartbeat.start();
    await vi.advanceTimersByTimeAsync(47_000);
    expect(onSilence.mock.calls).toEqual([[one]]);
    await vi.advanceTimersByTimeAsync(1500);
    heartbeat.stop();
    expect(onSilence).toHaveBeenCalledTimes(2);
    expect(onError).toHaveBeenCalled();
  });

  it('counts claims as lost too if the database never answers', async () => {
    const { held, touchClaims, onSilence, heartbeat } = start();
    held.add(job('a'), elapsed(), NOT);
    touchClaims.mockReturnValue(new Promise(() => undefined));
    heartbeat.start();
    await vi.advanceTimersByTimeAsync(8100);
    heartbeat.stop();
    expect(onSilence).toHaveBeenCalledOnce();
    expect(touchClaims).toHaveBeenCalledOnce();
  });

  it('leaves claims alone whose last unit is being written, and those who write wait for a touch', async () => {
    const { held, touchClaims, heartbeat } = start();
    const ending = held.add(job('a'), elapsed(), NOT);
    held.add(job('b'), elapsed(), NOT);
    ending.endingAt = elapsed();
    const answered = gate<Set<string>>();
    touchClaims.mockReturnValueOnce(answered.promise);
    await heartbeat.untouched();
    heartbeat.tick();
    expect(touchClaims).toHaveBeenLastCalledWith(expect.anything(), [job('b')]);
    const waited = vi.fn();
    void heartbeat.untouched().then(waited);
    await vi.advanceTimersByTimeAsync(500);
    expect(waited).not.toHaveBeenCalled();
    answered.open(new Set(['job-b']));
    await vi.advanceTimersByTimeAsync(0);
    expect(waited).toHaveBeenCalledOnce();
    // It was not stored after all.
    await vi.advanceTimersByTimeAsync(3000);
    heartbeat.tick();
    expect(touchClaims).toHaveBeenLastCalledWith(expect.anything(), [job('a'), job('b')]);
  });

  it('is not waited for on a connection that is gone', async () => {
    const { held, touchClaims, heartbeat } = start();
    held.add(job('a'), elapsed(), NOT);
    touchClaims.mockReturnValue(new Promise(() => undefined));
    heartbeat.tick();
    const waited = vi.fn();
    void heartbeat.untouched().then(waited);
    await vi.advanceTimersByTimeAsync(1000);
    expect(waited).toHaveBeenCalledOnce();
  });
});

describe('claims that were lost and taken again by the same process', () => {
  it('are two, and each is let go by itself', () => {
    const held = new HeldClaims(elapsed);
    const old = held.add(job('a'), elapsed(), NOT);
    const again = held.add({ ...job('a'), retryCount: 1 }, elapsed(), { isTakeover: true, isSuspect: false });
    expect(held.findRun('a')).toBe(again);
    expect(held.remove(old)).toBe(true);
    expect(held.remove(old)).toBe(false);
    expect(held.find(old.claim)).toBeUndefined();
    expect(held.findRun('a')).toBe(again);
    held.remove(again);
    expect(held.findRun('a')).toBeUndefined();
  });
});

describe('a run whose time has not quite come', () => {
  function open(fetched: ClaimedJob[]) {
    const held = new HeldClaims(elapsed);
    const onReady = vi.fn();
    const claims = {
      take: async () => ({ claimedAt: elapsed(), fetched: fetched.splice(0) }),
      takeSuspect: async () => undefined,
      findTakeovers: vi.fn(async () => new Set<string>()),
    };
    return { held, onReady, claims, due: new DueClaims({ claims, held, now: Date.now, onReady }) };
  }

  it('is given out then, and not before', async () => {
    const { due, onReady } = open([job('a', { at: Date.now() + 300 }), job('b')]);
    await due.fetch(5);
    expect(due.giveOut(5).map(({ runId }) => runId)).toEqual(['b']);
    await vi.advanceTimersByTimeAsync(299);
    expect(due.giveOut(5)).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(onReady).toHaveBeenCalledOnce();
    expect(due.giveOut(5).map(({ runId }) => runId)).toEqual(['a']);
  });

  it('is given out at once if it was woken long before', async () => {
    const { due } = open([job('a', { at: Date.now() + 5000 })]);
    await due.fetch(5);
    expect(due.giveOut(5)).toHaveLength(1);
  });

  it('is not given out if its claim was lost meanwhile', async () => {
    const { due, held, onReady } = open([job('a', { at: Date.now() + 300 })]);
    await due.fetch(5);
    held.remove(held.all()[0]!);
    await vi.advanceTimersByTimeAsync(1000);
    expect(onReady).not.toHaveBeenCalled();
    expect(due.giveOut(5)).toEqual([]);
  });

  it('is withheld like any other once it is lost', async () => {
    const { due, held } = open([job('a'), job('b')]);
    await due.fetch(5);
    due.withhold(held.findRun('a')!);
    due.withhold(held.findRun('a')!);
    expect(due.giveOut(5).map(({ runId }) => runId)).toEqual(['b']);
  });

  it('is claimed once, though looking after it failed half-way', async () => {
    const { due, held, claims } = open([job('a')]);
    claims.findTakeovers.mockRejectedValueOnce(new ConnectionError('gone'));
    await expect(due.fetch(5)).rejects.toThrow(ConnectionError);
    expect(due.giveOut(5)).toEqual([]);
    await due.fetch(5);
    expect(due.giveOut(5)).toHaveLength(1);
    claims.findTakeovers.mockRejectedValueOnce(new ConnectionError('gone'));
    const { due: stopped, held: handedOver } = open([job('b')]);
    await stopped.fetch(5);
    await stopped.stop();
    expect(stopped.giveOut(5)).toEqual([]);
    expect(handedOver.all()).toHaveLength(1);
    expect(held.all()).toHaveLength(1);
  });
});

describe('the times at which runs become due', () => {
  it('ring in order, once for those that are close to each other', () => {
    const ring = vi.fn();
    const times = new DueTimes(Date.now, ring);
    for (const ms of [500, 101, 102, 90_000]) times.add(Date.now() + ms);
    vi.advanceTimersByTime(100);
    expect(ring).not.toHaveBeenCalled();
    vi.advanceTimersByTime(40);
    expect(ring).toHaveBeenCalledOnce();
    vi.advanceTimersByTime(400);
    expect(ring).toHaveBeenCalledTimes(2);
    vi.advanceTimersByTime(120_000);
    expect(ring).toHaveBeenCalledTimes(2);
  });

  it('ring no more once they are stopped', () => {
    const ring = vi.fn();
    const times = new DueTimes(Date.now, ring);
    times.add(Date.now() + 100);
    times.stop();
    vi.advanceTimersByTime(1000);
    expect(ring).not.toHaveBeenCalled();
  });
});

describe('an outage', () => {
  it('has one line in the log when it begins, and one when it is over', () => {
    const logger = { info: vi.fn(), error: vi.fn() };
    const outage = new Outage(logger, elapsed);
    outage.end();
    for (let failed = 0; failed < 100; failed++) expect(outage.note(new ConnectionError('gone'))).toBe(true);
    outage.complain(new ConnectionError('gone'), 'something failed');
    expect(logger.error).toHaveBeenCalledOnce();
    outage.end();
    outage.end();
    expect(logger.info).toHaveBeenCalledOnce();
  });

  it('is not taken for anything else, of which the log is told once a minute', () => {
    const logger = { info: vi.fn(), error: vi.fn() };
    const outage = new Outage(logger, elapsed);
    expect(outage.note(new TypeError('odd'))).toBe(false);
    for (let failed = 0; failed < 100; failed++) {
      outage.complain(new TypeError('odd'), 'something failed');
      outage.warn({ message: 'slow' });
    }
    expect(logger.error).toHaveBeenCalledOnce();
    expect(logger.info).toHaveBeenCalledOnce();
    vi.advanceTimersByTime(60_000);
    outage.complain(new TypeError('odd'), 'something failed');
    expect(logger.error).toHaveBeenCalledTimes(2);
  });
});

describe('a claim that is let go', () => {
  function open() {
    const held = new HeldClaims(elapsed);
    const one = held.add(job('a'), elapsed(), NOT);
    const letGo = vi.fn(async () => true);
    const outage = new Outage({ info: vi.fn(), error: vi.fn() }, elapsed);
    const onLeft = vi.fn();
    return {
      held,
      one,
      letGo,
      onLeft,
      leaving: new LeavingClaims({ claims: { letGo }, held, outage, onLeft, onGone: () => undefined }),
    };
  }

  it('is kept while the database does not answer, and then let go as it was to be', async () => {
    const { held, one, letGo, onLeft, leaving } = open();
    letGo.mockRejectedValueOnce(new ConnectionError('gone')).mockRejectedValueOnce(new ConnectionError('gone'));
    await leaving.letGo(one, 'due', 5);
    await leaving.retry();
    expect(held.size).toBe(1);
    await Promise.all([leaving.retry(), leaving.retry()]);
    expect(letGo.mock.calls).toEqual([
      [one, 'due', 5],
      [one, 'due', 5],
      [one, 'due', 5],
    ]);
    expect(held.size).toBe(0);
    expect(onLeft).toHaveBeenCalledOnce();
    await leaving.retry();
    expect(letGo).toHaveBeenCalledTimes(3);
  });

  it('is left to others if it was lost meanwhile, or cannot be let go', async () => {
    const { held, one, letGo, leaving } = open();
    letGo.mockRejectedValueOnce(new ConnectionError('gone'));
    await leaving.letGo(one, 'rest', 0);
    leaving.forget(one);
    await leaving.retry();
    expect(letGo).toHaveBeenCalledOnce();
    letGo.mockRejectedValueOnce(new TypeError('odd'));
    await expect(leaving.letGo(one, 'rest', 0)).rejects.toThrow('odd');
    expect(held.size).toBe(0);
  });
});

describe('the room for runs that wait to begin', () => {
  it('is counted once a second at most, and again at once after a failure', async () => {
    const count = vi.fn(async () => 1);
    const room = new QueueRoom({ maxQueuedRuns: 2, elapsed, count });
    count.mockRejectedValueOnce(new ConnectionError('gone'));
    await expect(room.admit(async () => 'done')).rejects.toThrow(ConnectionError);
    for (let times = 0; times < 3; times++) await expect(room.admit(async () => 'done')).resolves.toBe('done');
    expect(count).toHaveBeenCalledTimes(2);
    expect(count).toHaveBeenLastCalledWith(2);
    vi.advanceTimersByTime(1000);
    await room.admit(async () => 'done');
    expect(count).toHaveBeenCalledTimes(3);
  });
});

describe('the schema of the jobs', () => {
  it('is beside the one of the tables, whatever that is called', () => {
    expect(jobsSchemaOf('public')).toBe('public_pgboss');
    const others = ['Straße', 'a'.repeat(60), `a"b'c`].map(jobsSchemaOf);
    for (const schema of others) expect(schema).toMatch(/^pgboss_[0-9a-f]{32}$/);
    expect(new Set(others).size).toBe(3);
  });
});

import { describe, expect, it } from 'vitest';
import {
  type EndedTry,
  GIVE_UP_MS,
  MAX_ATTEMPTS,
  type StoredTries,
  settleTry,
  type TryResult,
} from '../../../src/core/delivery/tries.js';

const NEW: StoredTries = { tries: 0, retries: 0, since: 1000, attempts: [] };
const answered = (status: number, retryAfterSeconds?: number): TryResult => ({
  kind: 'answered',
  status,
  retryAfterSeconds,
});
const ended = (result: TryResult, retries = 0): EndedTry => ({ at: 2000, ms: 7, result, retries });
const HALF = 0.5;

describe('a try', () => {
  it.each([200, 202, 204, 299])('that is answered %i has delivered', (status) => {
    expect(settleTry(NEW, ended(answered(status)), 2007, HALF)).toEqual({
      status: 'delivered',
      tries: 1,
      attempts: [{ at: 2000, ms: 7, status }],
      nextAt: null,
    });
  });

  it.each([100, 199, 301, 302, 308, 400, 404, 429, 500, 503])('that is answered %i is made again', (status) => {
    expect(settleTry(NEW, ended(answered(status)), 2007, HALF)).toMatchObject({
      status: 'pending',
      nextAt: 3007,
      attempts: [{ status }],
    });
  });

  it('without an answer is made again, and says why in few words', () => {
    const error = 'x'.repeat(500);
    const { attempts, ...rest } = settleTry(NEW, ended({ kind: 'failed', error }), 2007, HALF);
    expect(rest).toEqual({ status: 'pending', tries: 1, nextAt: 3007 });
    expect(attempts).toEqual([{ at: 2000, ms: 7, error: 'x'.repeat(300) }]);
  });

  it('that is answered 410 is the last one', () => {
    expect(settleTry(NEW, ended(answered(410)), 2007, HALF)).toMatchObject({ status: 'gone', nextAt: null });
  });

  it('is made again later and later, four hours apart at most, with some chance in it', () => {
    const pauses = Array.from({ length: 10 }, (_, tries) => {
      const { nextAt } = settleTry({ ...NEW, tries }, ended(answered(500)), 1000, HALF);
      return (nextAt! - 1000) / 1000;
    });
    expect(pauses).toEqual([1, 4, 16, 64, 256, 1024, 4096, 14_400, 14_400, 14_400]);
    expect(settleTry(NEW, ended(answered(500)), 1000, 0).nextAt).toBe(1800);
    expect(settleTry(NEW, ended(answered(500)), 1000, 0.999_999).nextAt).toBe(2200);
  });

  it('is made again when the receiver asks for it, if that is later', () => {
    expect(settleTry(NEW, ended(answered(503, 60)), 1000, HALF).nextAt).toBe(61_000);
    expect(settleTry({ ...NEW, tries: 5 }, ended(answered(503, 60)), 1000, HALF).nextAt).toBe(1_025_000);
  });

  it('is the last one after three days, and there is one just then', () => {
    const end = NEW.since + GIVE_UP_MS;
    expect(GIVE_UP_MS).toBe(3 * 24 * 3600 * 1000);
    const late = { ...NEW, tries: 20 };
    expect(settleTry(late, ended(answered(500)), end - 60_000, HALF)).toMatchObject({ status: 'pending', nextAt: end });
    expect(settleTry(late, ended(answered(500)), end, HALF)).toMatchObject({ status: 'dead', nextAt: null });
    expect(settleTry(late, ended(answered(503, 600)), end + 1, HALF)).toMatchObject({ status: 'dead' });
  });

  it('makes some two dozen in three days', () => {
    let [tries, now, status] = [0, NEW.since, 'pending'];
    while (status === 'pending') {
      const next = settleTry({ ...NEW, tries }, ended(answered(500)), now, HALF);
      [tries, now, status] = [next.tries, next.nextAt ?? now, next.status];
    }
    expect(status).toBe('dead');
    expect(tries).toBe(26);
  });

  it('leaves the latest ones to be read', () => {
    const attempts = Array.from({ length: MAX_ATTEMPTS }, (_, at) => ({ at, ms: 0, status: 500 }));
    const after = settleTry({ ...NEW, attempts }, ended(answered(200)), 2007, HALF);
    expect(after.attempts).toHaveLength(MAX_ATTEMPTS);
    expect(after.attempts[0]).toMatchObject({ at: 1 });
    expect(after.attempts.at(-1)).toMatchObject({ at: 2000, status: 200 });
  });
});

describe('a try that was under way when somebody asked for another', () => {
  const retried = { ...NEW, tries: 9, retries: 1 };

  it.each([answered(500), answered(410), { kind: 'failed', error: 'no' } as const])(
    'is followed by that one at once: %j',
    (result) => {
      expect(settleTry(retried, ended(result), 5000 + GIVE_UP_MS, HALF)).toMatchObject({
        status: 'pending',
        tries: 0,
        nextAt: 5000 + GIVE_UP_MS,
      });
    },
  );

  it('has delivered if it was taken', () => {
    expect(settleTry(retried, ended(answered(200)), 5000, HALF)).toMatchObject({ status: 'delivered' });
  });
});

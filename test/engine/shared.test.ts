import { describe, expect, it } from 'vitest';
import { EngineError } from '../../src/core/base/errors.js';
import { guardAll } from '../../src/engine/shared.js';
import { OutcomeUnknownError, StoreUnavailableError } from '../../src/store/errors.js';

describe('a use-case', () => {
  const failing = (error: Error) => {
    const { fail } = guardAll({ fail: () => Promise.reject(error) });
    return fail().catch((thrown: unknown) => thrown);
  };

  it('that the database refused is answered with that nothing was changed', async () => {
    const error = (await failing(new StoreUnavailableError(new Error('full')))) as EngineError;
    expect(error).toBeInstanceOf(EngineError);
    expect(error).toMatchObject({ code: 'store_unavailable', retryAfterSeconds: expect.any(Number) });
    expect(error.message).toMatch(/nothing was changed/);
  });

  it('that failed in the middle of its commit is not said to have changed nothing', async () => {
    const error = (await failing(new OutcomeUnknownError(new Error('I/O')))) as EngineError;
    expect(error.code).toBe('store_unavailable');
    expect(error.message).toMatch(/it is not known whether it did/);
    expect(error.message).not.toMatch(/nothing was changed/);
  });

  it('that answers at once is left as it is', () => {
    expect(guardAll({ isReady: () => true, name: 'x' })).toMatchObject({ isReady: expect.any(Function), name: 'x' });
    expect(guardAll({ isReady: () => true }).isReady()).toBe(true);
  });

  it('passes on what is no failure of the database', async () => {
    const mistake = new TypeError('mistake');
    expect(await failing(mistake)).toBe(mistake);
  });
});

import { describe, expect, it } from 'vitest';
import { finishSteps } from '../../../src/core/base/steps.js';
import { blankRun } from '../../../src/core/run/blank-run.js';
import { acceptPatch, isLargePatch, preparePatch } from '../../../src/core/run/patch.js';

// What is accepted, and what is refused, is tested with `settle`.

const large = () => ({ list: Array.from({ length: 2000 }, (_, at) => ({ at })) });

describe('a large patch', () => {
  it('is copied in steps, and then accepted as it is', () => {
    const value = large();
    expect(isLargePatch(value)).toBe(true);
    expect([...preparePatch(value)].length).toBeGreaterThanOrEqual(6);
    const prepared = finishSteps(preparePatch(value));
    expect(prepared).toEqual(value);
    const accepted = acceptPatch(blankRun('run-1'), prepared);
    expect('patch' in accepted && accepted.patch).toBe(prepared);
  });

  it('that cannot be copied is refused as it is', () => {
    const value = { ...large(), odd: () => 1 };
    expect(finishSteps(preparePatch(value))).toBe(value);
    expect(acceptPatch(blankRun('run-1'), value)).toMatchObject({ code: 'invalid_patch' });
  });

  it('is none if it is small, or throws when it is looked at', () => {
    expect(isLargePatch({ a: 1 })).toBe(false);
    const trap = {
      get inner() {
        throw new Error('no');
      },
    };
    expect(isLargePatch(trap)).toBe(false);
  });
});

import { describe, expect, it } from 'vitest';
import { blankRun } from '../../../src/core/run/blank-run.js';
import { spanOriginOf } from '../../../src/core/run/span-origin.js';

const trace = { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' };
const RUN = blankRun('r');

describe('the span of a session', () => {
  it('begins a trace if nobody traces what started the run', () => {
    expect(spanOriginOf(RUN)).toEqual({ kind: 'root' });
    expect(spanOriginOf({ ...RUN, startedAt: 1 })).toEqual({ kind: 'root' });
  });

  it('is inside what started the run, if it is the first', () => {
    expect(spanOriginOf({ ...RUN, trace })).toEqual({ kind: 'child', of: trace });
  });

  it('is linked to the first, if the run has begun before, be it as the run that it is forked from', () => {
    expect(spanOriginOf({ ...RUN, trace, startedAt: 1 })).toEqual({ kind: 'linked', to: trace });
    const forkedFrom = { run_id: 'o', step: 2 };
    expect(spanOriginOf({ ...RUN, trace, forkedFrom })).toEqual({ kind: 'linked', to: trace });
  });
});

import { describe, expect, it } from 'vitest';
import { blankRun } from '../../../src/core/run/blank-run.js';
import { findStarter, readStartedBy } from '../../../src/core/run/started-by.js';

const RUN = blankRun('r');

describe('what started a run', () => {
  it('is a client, by the name of its key if it has one', () => {
    expect(findStarter(RUN)).toEqual({ kind: 'api', id: null });
    expect(findStarter({ ...RUN, actors: { submitted: 'alice' } })).toEqual({ kind: 'api', id: 'alice' });
  });

  it('is what the first event names, whoever asked for it', () => {
    const startedBy = { kind: 'schedule', id: 'nightly' } as const;
    expect(findStarter({ ...RUN, startedBy, actors: { submitted: 'alice' } })).toEqual(startedBy);
  });

  it('is an agent, by the name of its key if it has one', () => {
    const startedBy = { kind: 'mcp' } as const;
    expect(findStarter({ ...RUN, startedBy })).toEqual({ kind: 'mcp', id: null });
    expect(findStarter({ ...RUN, startedBy, actors: { submitted: 'robot' } })).toEqual({ kind: 'mcp', id: 'robot' });
  });

  it('is the run that it is inside of', () => {
    const parent = { run_id: 'p', seq: 3, index: 0, kind: 'branch', depth: 1 } as const;
    expect(findStarter({ ...RUN, parent })).toEqual({ kind: 'run', id: 'p' });
  });
});

describe('a filter by what started runs', () => {
  it.each([
    ['schedule', { kind: 'schedule' }],
    ['schedule:nightly', { kind: 'schedule', id: 'nightly' }],
    ['api:a:b', { kind: 'api', id: 'a:b' }],
    ['run:', { kind: 'run', id: '' }],
    ['hook:a', { kind: 'hook', id: 'a' }],
    ['mail:a', undefined],
    ['', undefined],
    ['toString', undefined],
    ['scheduled', undefined],
  ])('%s', (text, filter) => {
    expect(readStartedBy(text)).toEqual(filter);
  });
});

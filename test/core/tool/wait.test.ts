import { describe, expect, it } from 'vitest';
import { type WaitRequest, wait, waitRequestOf } from '../../../src/core/tool/wait.js';

describe('wait', () => {
  it.each<WaitRequest>([
    { kind: 'timer', until: 0 },
    { kind: 'input', message: 'Well?' },
    { kind: 'input', message: '', schema: { type: 'object' }, until: 5, saveAs: 'answer' },
    { kind: 'graph', graphId: 'other' },
    { kind: 'graph', graphId: 'other', version: 2, input: [1], saveAs: 'result' },
    { kind: 'graph', graphId: 'other', limits: { max_steps: 5 }, metadata: { team: 'press' }, isDetached: true },
  ])('carries its request: %o', (request) => {
    expect(waitRequestOf(wait(request))).toEqual(request);
  });

  it.each([undefined, null, 5, 'wait', {}, { kind: 'timer', until: 0 }])(
    'is not what else tools return: %o',
    (value) => {
      expect(waitRequestOf(value)).toBeUndefined();
    },
  );

  it('is refused in another shape', () => {
    const soon = { kind: 'timer', until: 'soon' } as unknown as WaitRequest;
    expect(() => waitRequestOf(wait(soon))).toThrow(/^The wait is not one: until .*number/);
    const both = { kind: 'timer', until: 1, message: 'x' } as unknown as WaitRequest;
    expect(() => waitRequestOf(wait(both))).toThrow('The wait is not one');
  });
});

import { describe, expect, it } from 'vitest';
import { assertNever } from '../../../src/core/base/assert-never.js';

describe('assertNever', () => {
  it('names the value that no case handles', () => {
    const kind = { kind: 'new' } as never;
    expect(() => assertNever(kind)).toThrow('Not handled: {"kind":"new"}');
  });
});

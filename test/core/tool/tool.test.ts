import { describe, expect, expectTypeOf, it } from 'vitest';
import { z } from 'zod';
import { defineCondition, defineTool } from '../../../src/core/tool/tool.js';

describe('defineTool', () => {
  it('types the params by their schema, and returns the tool', () => {
    const tool = defineTool({
      name: 'wait',
      params: z.object({ seconds: z.number() }),
      run(_, { params }) {
        expectTypeOf(params).toEqualTypeOf<{ seconds: number }>();
      },
    });
    expect(tool.name).toBe('wait');
  });
});

describe('defineCondition', () => {
  it('returns the condition', () => {
    const condition = { name: 'gate', choose: () => 'END' };
    expect(defineCondition(condition)).toBe(condition);
  });
});

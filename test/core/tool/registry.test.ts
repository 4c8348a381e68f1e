import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createRegistry, isTool, type Registrable, whyNotRegistrable } from '../../../src/core/tool/registry.js';

const run = () => ({});
const choose = () => 'END';

describe('createRegistry', () => {
  it('keeps tools and conditions by name', () => {
    const tool = { name: 'work', description: 'Works.', params: z.object({}), run };
    const condition = { name: 'work', outcomes: ['END'], choose };
    const registry = createRegistry([tool, condition]);
    expect(registry.tools.get('work')).toBe(tool);
    expect(registry.conditions.get('work')).toBe(condition);
  });

  it('refuses outcomes of a tool that are no patches', () => {
    expect(whyNotRegistrable({ name: 'work', outcomes: [{ a: 1 }], run })).toBeUndefined();
    for (const outcomes of [{}, ['a'], [[]]]) {
      expect(whyNotRegistrable({ name: 'work', outcomes, run })).toBe(
        '"work" has outcomes that are not a list of objects',
      );
    }
  });

  it('refuses a name that is taken', () => {
    const twice = (definition: Registrable) => () => createRegistry([definition, { ...definition }]);
    expect(twice({ name: 'work', run })).toThrow('the tool "work" is defined twice');
    expect(twice({ name: 'gate', choose })).toThrow('the condition "gate" is defined twice');
  });

  it('refuses what has a wrong shape', () => {
    expect(() => createRegistry([{ name: 'a b', run }])).toThrow('"a b"');
  });
});

describe('whyNotRegistrable', () => {
  it.each([
    [null, /is not an object/],
    ['tool', /is not an object/],
    [{ run }, /has no name/],
    [{ name: '1st', run }, /has the name "1st"/],
    [{ name: 'a', description: 1, run }, /description/],
    [{ name: 'a' }, /needs either/],
    [{ name: 'a', run, choose }, /needs either/],
    [{ name: 'a', run, params: {} }, /zod schema/],
    [{ name: 'a', run, params: null }, /zod schema/],
    [{ name: 'a', run, params: { safeParse: true } }, /zod schema/],
    [{ name: 'a', choose, outcomes: [] }, /outcomes/],
    [{ name: 'a', run: choose, errors: 'x' }, /"a" has errors that are not a list of strings/],
    [{ name: 'a', run: choose, errors: ['x', 1] }, /errors that are not a list/],
    [{ name: 'a', run: choose, errors: ['ENOENT'] }, /has "ENOENT" among its errors. A code has the characters/],
    [{ name: 'a', run: choose, errors: ['timeout'] }, /has "timeout" among its errors. This code is one of the server/],
    [{ name: 'a', choose, outcomes: 'END' }, /outcomes/],
    [{ name: 'a', choose, outcomes: ['END', ''] }, /outcomes/],
    [{ name: 'a', choose, outcomes: [1] }, /outcomes/],
  ])('says what is wrong with %o', (value, why) => {
    expect(whyNotRegistrable(value)).toMatch(why);
  });

  it('has nothing to say of what is right', () => {
    expect(whyNotRegistrable({ name: 'mcp.server.tool-1', run })).toBeUndefined();
  });
});

describe('isTool', () => {
  it('goes by the function, not by the key', () => {
    expect(isTool({ name: 'a', run })).toBe(true);
    const condition = { name: 'a', choose, run: undefined } as unknown as Registrable;
    expect(isTool(condition)).toBe(false);
    expect(createRegistry([condition]).conditions.has('a')).toBe(true);
  });
});

import { describe, expect, it } from 'vitest';
import { fingerprintOf } from '../../../src/core/explore/fingerprint.js';
import { guess } from '../../../src/core/explore/guess.js';
import { hintsOf, NO_HINT } from '../../../src/core/explore/hints.js';
import { createRandom } from '../../../src/core/explore/random.js';
import { valuesOf } from '../../../src/core/explore/schema-values.js';
import { loopIn, StateSpace } from '../../../src/core/explore/state-space.js';
import { frameOf, type World } from '../../../src/core/explore/world.js';
import { usesOf } from '../../../src/core/expressions/uses.js';
import { edgesOf } from '../../../src/core/graph/edges.js';
import { compileJsonSchema } from '../../../src/core/json-schema/json-schema.js';
import type { Command } from '../../../src/core/run/decide.js';
import { compiled, definitionOf, RunDriver } from '../../helpers/run-driver.js';
import { BUILT_IN } from './explore-graph.js';

describe('the fingerprint of a world', () => {
  const graph = compiled({ entry_point: 'a', nodes: [{ name: 'a', tool_name: 'set_data' }] }, BUILT_IN);
  const print = (inputData: string) => {
    const run = new RunDriver(graph, { inputData });
    const { events } = run.decide() as Extract<Command, { type: 'append' }>;
    run.append(...events);
    const frame = frameOf(graph, { state: run.state, records: [] }, null);
    return fingerprintOf({ frame } as World, { graph, keys: undefined });
  };

  it('is short for large data, and tells it apart', () => {
    const long = 'x'.repeat(100_000);
    expect(print(`${long}a`)).toBe(print(`${long}a`));
    expect(print(`${long}a`)).not.toBe(print(`${long}b`));
    expect(print(`${long}a`).length).toBeLessThan(600);
    expect(print('a')).not.toBe(print('b'));
  });
});

describe('what an expression uses', () => {
  it.each([
    [
      'data.score > 5',
      [
        { path: ['data', 'score'], constant: 5 },
        { path: ['data', 'score'], kind: 'number' },
      ],
    ],
    [
      '-1 == data.x',
      [
        { path: ['data', 'x'], constant: -1 },
        { path: ['data', 'x'], kind: 'number' },
      ],
    ],
    [
      'data.a == true',
      [
        { path: ['data', 'a'], constant: true },
        { path: ['data', 'a'], kind: 'boolean' },
      ],
    ],
    ['data.a == null', [{ path: ['data', 'a'], constant: null }, { path: ['data', 'a'] }]],
    ['!data.ok', [{ path: ['data', 'ok'], kind: 'boolean' }]],
    ['-data.n', [{ path: ['data', 'n'], kind: 'number' }]],
    ['data.a && data.b', ['a', 'b'].map((key) => ({ path: ['data', key], kind: 'boolean' }))],
    ['data.a * data.b', ['a', 'b'].map((key) => ({ path: ['data', key], kind: 'number' }))],
    ['has(data.x)', [{ path: ['data', 'x'], mayMiss: true }]],
    ['size(data.x)', [{ path: ['data', 'x'], kind: 'list' }]],
    [
      'data.?x.orValue(3)',
      [
        { path: ['data', 'x'], mayMiss: true },
        { path: ['data', 'x'], constant: 3 },
      ],
    ],
    ['data.`a-b`', [{ path: ['data', 'a-b'] }]],
    ['data["a"]', [{ path: ['data', 'a'] }]],
    ['data.x[run.index]', [{ path: ['data', 'x', '[]'] }, { path: ['run', 'index'] }]],
    [
      'data.t.startsWith("ab")',
      [
        { path: ['data', 't'], kind: 'string' },
        { path: ['data', 't'], constant: 'ab' },
      ],
    ],
    ['data.t.size()', [{ path: ['data', 't'], kind: 'list' }]],
    ['data.t.lowerAscii()', [{ path: ['data', 't'] }]],
    [
      'data.x in ["a", data.y]',
      [{ path: ['data', 'x'] }, { path: ['data', 'y'] }, { path: ['data', 'x'], constant: 'a' }],
    ],
    [
      '"a" in data.x',
      [
        { path: ['data', 'x'], kind: 'list' },
        { path: ['data', 'x', '[]'], constant: 'a' },
      ],
    ],
    [
      'data.x.exists(i, i.p > 1)',
      [
        { path: ['data', 'x'], kind: 'list' },
        { path: ['data', 'x', '[]', 'p'], constant: 1 },
        { path: ['data', 'x', '[]', 'p'], kind: 'number' },
      ],
    ],
    ['[1].map(i, data.x)', [{ path: ['data', 'x'] }]],
    [
      'data.a ? data.b : {"k": data.c}',
      [{ path: ['data', 'a'], kind: 'boolean' }, { path: ['data', 'b'] }, { path: ['data', 'c'] }],
    ],
    ['1 +', []],
    ['uuid() == data.x', [{ path: ['data', 'x'] }]],
    ['string(data.x).startsWith("a")', [{ path: ['data', 'x'] }]],
    ['b"a" == data.x', [{ path: ['data', 'x'] }]],
    ['-"a" == data.x', [{ path: ['data', 'x'] }]],
  ])('%s', (source, uses) => {
    expect(usesOf(source)).toEqual(uses);
  });
});

function hintOf(...when: string[]) {
  const definition = definitionOf({
    entry_point: 'a',
    nodes: [{ name: 'a', tool_name: 'set_data', params: { values: { list: ['${ data.used }', 1, '${ open'] } } }],
    conditional_edges: [
      { from_node: 'a', cases: when.map((one) => ({ when: one, to_node: 'END' })), otherwise: 'END' },
    ],
  });
  return hintsOf(definition, edgesOf(definition));
}

describe('what is guessed', () => {
  it.each([
    ['data.x > 5', [5, 6, 4, null]],
    ['data.x', [true, false]],
    ['data.x == "a"', ['a', 'a-other', null]],
    ['data.x == ""', ['', 'text', null]],
    ['data.x == null', [null]],
    ['data.x == false', [true, false]],
    [
      'data.x in [0, 10, 20, 30, 40, 50, 60, 70, 80]',
      [0, 10, 20, 30, 40, 50, 60, 70].flatMap((n) => [n, n + 1, n - 1]),
    ],
    ['data.x * data.x > data.x', [1, 0, -1, null]],
    ['size(data.x) > 0', [['item'], [], ['item', 'item']]],
    ['data.x.exists(i, i == 1)', [[1], [], [1, 2], [2], [0], [null]]],
    [
      'data.x.a > data.x.b',
      [
        { a: 'text', b: 'text' },
        { a: '', b: 'text' },
        { a: null, b: 'text' },
        { a: 'text', b: '' },
        { a: 'text', b: null },
        { b: 'text' },
        { a: 'text' },
      ],
    ],
  ])('%s', (when, values) => {
    const { data } = hintOf(when);
    expect(guess(data.fields.get('x') ?? NO_HINT)).toEqual(values.map((value) => ({ value, isAssumed: true })));
  });

  it('knows which keys each node reads, unless an expression can read any', () => {
    expect([...(hintOf('data.x > 1').keys ?? [])].sort()).toEqual(['used', 'x']);
    expect(hintOf('data[run.graph_id] == 1').keys).toBeUndefined();
    expect(hintOf('data == {}').keys).toBeUndefined();
  });

  it('brings together what is known of a value in several places', () => {
    const definition = definitionOf({
      entry_point: 'a',
      nodes: [
        {
          name: 'a',
          tool_name: 'set_data',
          params: { values: { x: '${ data.error.details.code == 1 }' } },
          on_error: [{ when: 'error.details.code > 5 && error.details.list[0] == 1', to_node: 'b' }],
        },
        { name: 'b', tool_name: 'set_data', params: { values: { y: '${ run.item.p > 1 && run.item.tags[0] == 1 }' } } },
        {
          name: 'c',
          tool_name: 'set_data',
          params: { values: { z: '${ data.x.all(i, i.p < 9 && i.tags[0] == 2) }' } },
        },
      ],
      for_each_edges: [{ from_node: 'a', items: '${ data.x }', to_node: 'b', join_node: 'c', collect_as: 'all' }],
    });
    const { details, data } = hintsOf(definition, edgesOf(definition));
    expect(details.fields.get('code')?.constants).toEqual([1, 5]);
    expect(details.fields.get('list')?.item?.constants).toEqual([1]);
    const item = data.fields.get('x')?.item?.fields;
    expect(item?.get('p')?.constants).toEqual([9, 1]);
    expect(item?.get('tags')?.item?.constants).toEqual([2, 1]);
  });

  it('ends where values are nested deep', () => {
    const deep = `data.${'a.'.repeat(9)}b > 1`;
    expect(JSON.stringify(guess(hintOf(deep).data)[0]?.value)).toMatch(/null/);
  });
});

describe('values of a JSON Schema', () => {
  const text = { type: 'string' };
  it.each([
    ['const', { const: 3 }, [3]],
    ['enum', { enum: ['a', 'b'] }, ['a', 'b']],
    ['boolean', { type: 'boolean' }, [true, false]],
    ['null', { type: 'null' }, [null]],
    ['a range', { type: 'integer', minimum: 2, maximum: 4 }, [2, 4]],
    ['an open range', { minimum: 2, exclusiveMaximum: 5 }, [2, 4]],
    ['one end', { maximum: 0 }, [0, -1]],
    ['text', text, ['text', '']],
    ['long text', { type: 'string', minLength: 6 }, ['textxx', 'xxxxxx']],
    ['short text', { type: 'string', maxLength: 2 }, ['te', '']],
    ['a format', { type: 'string', format: 'date' }, ['2026-01-01']],
    ['an unknown format', { type: 'string', format: 'else', minLength: 1 }, ['text', 'x']],
    ['types', { type: ['boolean', 'null'] }, [true, false, null]],
    ['anyOf', { anyOf: [{ const: 1 }, text] }, [1, 'text', '']],
    ['oneOf', { oneOf: [{ const: 1 }, true] }, ['text', '', null]],
    ['allOf', { allOf: [{ type: 'object', properties: { a: { const: 1 } } }, { required: ['a'] }] }, [{ a: 1 }]],
    ['a list', { type: 'array', items: { enum: [1, 2] } }, [[1], [], [1, 2], [2]]],
    [
      'a list of at least two',
      { items: { const: 1 }, minItems: 2 },
      [
        [1, 1],
        [1, 1, 1, 1],
      ],
    ],
    ['a list of anything', { type: 'array', maxItems: 1 }, [['item'], []]],
    ['an object', { properties: { a: { const: 1 }, b: { const: 2 } }, required: ['b'] }, [{ a: 1, b: 2 }, { b: 2 }]],
    ['an object with a default', { type: 'object', default: { z: 1 } }, [{}, { z: 1 }]],
    ['a reference', { $defs: { n: { const: 7 } }, $ref: '#/$defs/n' }, [7]],
    ['no type', { minLength: 1 }, ['text', 'x', 1, 0, -1, null]],
    ['nothing', false, []],
  ])('%s', (_name, schema, values) => {
    const made = valuesOf(schema, NO_HINT).map(({ value }) => value);
    expect(made).toEqual(values);
    const { schema: compiled } = compileJsonSchema(schema);
    for (const value of made) expect(compiled?.validate(value)).toEqual([]);
  });

  it('are around what expressions compare them with', () => {
    const hint = hintOf('data.x.n >= 3').data.fields.get('x') ?? NO_HINT;
    const schema = { type: 'object', properties: { n: { type: 'integer', minimum: 1 } }, required: ['n'] };
    expect(valuesOf(schema, hint)).toEqual([3, 4, 2, 1].map((n) => ({ value: { n }, isAssumed: false })));
    expect(valuesOf({ type: 'object', properties: { n: {} } }, hint)[0]).toEqual({ value: { n: 3 }, isAssumed: true });
    expect(valuesOf(true, hint)[0]).toEqual({ value: { n: 3 }, isAssumed: true });
  });

  it('end where a schema refers to itself', () => {
    const schema = { type: 'object', properties: { next: { $ref: '#' } } };
    expect(valuesOf(schema, NO_HINT).length).toBeGreaterThan(0);
    expect(valuesOf({ $ref: '#/$defs/a/b' }, NO_HINT)).toEqual([]);
    expect(valuesOf({ $defs: { a: 5 }, $ref: '#/$defs/a/b' }, NO_HINT)).toEqual([]);
    expect(valuesOf({ type: 'object' }, hintOf('data.x.n > 1').data.fields.get('x') ?? NO_HINT)).toEqual([
      { value: {}, isAssumed: false },
    ]);
  });
});

describe('the states of an exploration', () => {
  it('are a trap if every way was walked and none leads to an end', () => {
    const space = new StateSpace<string>();
    const [a, b, c] = ['a', 'b', 'c'].map((name) => space.enter(name, name).id) as [number, number, number];
    expect(space.enter('a', 'again')).toEqual({ id: a, isNew: false });
    space.link(a, b);
    space.link(b, b);
    space.link(a, c);
    space.end(c);
    expect([...space.findTraps()]).toEqual([b]);
    space.open(b, 1);
    expect([...space.findTraps()]).toEqual([]);
    expect(space.arrivals([c, 9])).toEqual(['c']);
    for (const change of [() => space.link(9, a), () => space.open(9, 1), () => space.end(9)]) change();
    expect([...space.findTraps()]).toEqual([]);
  });

  it('tell the loop of a path', () => {
    const path = { value: 3, before: { value: 2, before: { value: 1, before: null } } };
    expect([loopIn(path, 2), loopIn(path, 9)]).toEqual([[2, 3], undefined]);
  });
});

it('numbers at random are the same for a seed, and spread over the range', () => {
  const [one, other] = [createRandom(7), createRandom(7)];
  const numbers = Array.from({ length: 1000 }, () => one());
  expect(numbers).toEqual(Array.from({ length: 1000 }, () => other()));
  for (const part of [0, 1, 2, 3])
    expect(numbers.filter((each) => Math.floor(each * 4) === part).length).toBeGreaterThan(150);
});

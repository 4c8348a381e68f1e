import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toPointer } from '../../../src/core/base/json.js';
import { findPlaces } from '../../../src/core/base/json-places.js';
import { finishSteps } from '../../../src/core/base/steps.js';

/** Line and column of one pointer, as `line:column`. */
function placeIn(text: string, pointer: string): string {
  const place = finishSteps(findPlaces(text, [pointer])).get(pointer)!;
  return `${place.line}:${place.column}`;
}

const TEXT = `{
  "name": "Ünï \u{1F600} \\"q\\" \\\\", "nodes": [
    { "name": "a,]}", "n": -1.5e3, "t": true },
    [[1, 2], [3, null]]
  ],
  "a/b": { "c~d": { "": 7 } }, "\\u0041": "x"
}`;

describe('the place of a value', () => {
  it.each([
    ['the whole', '', '1:1'],
    ['a string', '/name', '2:11'],
    ['what follows wide characters and escapes', '/nodes', '2:39'],
    ['an object in a list', '/nodes/0', '3:5'],
    ['what follows a string of marks', '/nodes/0/n', '3:28'],
    ['a literal', '/nodes/0/t', '3:41'],
    ['a list in a list', '/nodes/1/1', '4:14'],
    ['an item of it', '/nodes/1/1/1', '4:18'],
    ['a key with a slash', '/a~1b', '6:10'],
    ['a key with a tilde, and an empty one', '/a~1b/c~0d/', '6:25'],
    ['a key with an escape', '/A', '6:42'],
  ])('%s', (_name, pointer, place) => {
    expect(placeIn(TEXT, pointer)).toBe(place);
  });

  it.each([
    ['a key that is missing', '/nodes/0/tool_name', '3:5'],
    ['a path that is missing', '/nodes/7/retry/max_attempts', '2:39'],
    ['a part of a scalar', '/name/0', '2:11'],
    ['nothing of the document', '/limits', '1:1'],
  ])('of %s is that of what should have it', (_name, pointer, place) => {
    expect(placeIn(TEXT, pointer)).toBe(place);
  });

  it('is that of the last of equal keys', () => {
    const text = '{"a": {"b": 1},\n "c": 0,\n "a": {"d": 2}}';
    expect(placeIn(text, '/a')).toBe('3:7');
    expect(placeIn(text, '/a/d')).toBe('3:13');
    expect(placeIn(text, '/a/b')).toBe('3:7');
  });

  it('counts lines that end in carriage return and line feed', () => {
    expect(placeIn(TEXT.replaceAll('\n', '\r\n'), '/a~1b/c~0d/')).toBe('6:25');
  });

  it.each([
    ['7', '1:1'],
    ['\n\n "text"', '3:2'],
    ['', '1:1'],
    ['1, 2', '1:4'],
    [' [] ', '1:2'],
  ])('is known of a document that is %j', (text, place) => {
    expect(placeIn(text, '')).toBe(place);
  });

  it('is found for all pointers at once', () => {
    const places = finishSteps(findPlaces('[1,\n2,\n3]', ['/2', '/0', '', '/9']));
    expect(Object.fromEntries(places)).toEqual({
      '': { line: 1, column: 1 },
      '/9': { line: 1, column: 1 },
      '/0': { line: 1, column: 2 },
      '/2': { line: 3, column: 1 },
    });
  });

  it('is where the text of the value begins, in any document', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), fc.nat(3), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        const values = new Map<string, unknown>();
        const collect = (part: unknown, path: PropertyKey[]): void => {
          values.set(toPointer(path), part);
          if (typeof part !== 'object' || part === null) return;
          for (const [key, item] of Object.entries(part)) collect(item, [...path, key]);
        };
        collect(JSON.parse(text), []);
        const lines = text.split('\n');
        for (const [pointer, { line, column }] of finishSteps(findPlaces(text, values.keys()))) {
          const rest = [lines[line - 1]!.slice(column - 1), ...lines.slice(line)].join('\n');
          const part = values.get(pointer);
          const isScalar = typeof part !== 'object' || part === null;
          const start = isScalar ? JSON.stringify(part) : Array.isArray(part) ? '[' : '{';
          expect(rest.startsWith(start), pointer).toBe(true);
        }
      }),
    );
  });

  it('is looked for in turns', () => {
    const text = `[${Array.from({ length: 200_000 }, () => '\n0').join(',')}]`;
    const steps = [
      ...(function* () {
        return yield* findPlaces(text, ['/199999']);
      })(),
    ];
    expect(steps.length).toBeGreaterThan(1);
    expect(placeIn(text, '/199999')).toBe('200001:1');
  });
});

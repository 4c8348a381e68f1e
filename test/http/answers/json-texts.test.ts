import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { freezeJson, type JsonObject } from '../../../src/core/base/json.js';
import { JsonTexts, LARGE_BYTES, type Pieces } from '../../../src/http/answers/json-texts.js';
import { until } from '../../helpers/until.js';

function textsWithTurns() {
  let turns = 0;
  const texts = new JsonTexts(async () => {
    turns += 1;
  });
  return { texts, turns: () => turns };
}

const textOf = (pieces: Pieces) => Buffer.concat([...pieces]).toString();
const large = (character: string) => character.repeat(LARGE_BYTES + 1);
const rows = (count: number) =>
  Array.from({ length: count }, (_, id) => ({ id, name: 'ä "name"', is: [null, true, {}] }));

describe('the text of large values', () => {
  it.each<[string, JsonObject]>([
    ['strings', { a: large('a'), data: { b: large('é'), c: 'small', d: large('"') } }],
    ['lists', { logs: [], data: { rows: rows(20_000), none: [], small: [1] }, input_data: rows(5000) }],
    ['what is nested', { data: { a: { b: { c: { d: rows(5000), e: large('e') } } }, empty: {} } }],
    ['many keys', { data: Object.fromEntries(rows(20_000).map((row) => [`key "${row.id}"`, row])) }],
  ])('is that of JSON.stringify: %s', async (_, answer) => {
    const { texts } = textsWithTurns();
    expect(textOf(await texts.print(answer))).toBe(JSON.stringify(answer));
    freezeJson(answer);
    expect(textOf(await texts.print({ ...answer }))).toBe(JSON.stringify(answer));
    expect(textOf(await texts.print({ ...answer }))).toBe(JSON.stringify(answer));
  });

  it('is shared by all answers that hold the value, whatever else they hold', async () => {
    const { texts } = textsWithTurns();
    const data = freezeJson({ text: large('x'), rows: rows(5000) });
    const later = Object.freeze({ ...data, more: large('y') });
    const [one, two, three] = await Promise.all([
      texts.print({ seq: 1, data }),
      texts.print({ seq: 2, data }),
      texts.print({ seq: 3, data: later }),
    ]);
    const sizeOf = (pieces: readonly Buffer[]) => pieces.reduce((sum, { length }) => sum + length, 0);
    const own = (pieces: Pieces, others: Pieces) => sizeOf(pieces.filter((piece) => !others.includes(piece)));
    expect(own(two, one)).toBeLessThan(100);
    expect(own(three, one)).toBeLessThan(LARGE_BYTES + 200);
    expect(textOf(three)).toBe(JSON.stringify({ seq: 3, data: later }));
  });

  it('is made anew of what can change', async () => {
    const { texts } = textsWithTurns();
    const list = rows(5000);
    await texts.print({ list });
    list[0]!.id = -1;
    expect(textOf(await texts.print({ list }))).toBe(JSON.stringify({ list }));
  });

  it('does not keep the values that it was made of in memory', async () => {
    const { texts } = textsWithTurns();
    const printed = async () => {
      const data = freezeJson({ rows: rows(5000) });
      await texts.print({ data });
      return new WeakRef(data);
    };
    const data = await printed();
    setFlagsFromString('--expose-gc');
    const collectGarbage = runInNewContext('gc') as () => void;
    await until(() => {
      collectGarbage();
      return data.deref() === undefined;
    });
  });

  it('is kept for so many values as fit, of which strings count with their text', async () => {
    const { texts } = textsWithTurns();
    const piecesOf = async (text: string) =>
      (await texts.print({ data: { text } })).find(({ length }) => length > 1000);
    const strings = Array.from({ length: 3 }, (_, index) => `${index}`.padEnd(10_000_000, 'x'));
    const first = await piecesOf(strings[0]!);
    // Not the buffers themselves, which would be printed if they were not the same.
    expect((await piecesOf(strings[0]!)) === first).toBe(true);
    for (const text of strings.slice(1)) await piecesOf(text);
    expect((await piecesOf(strings[0]!)) === first).toBe(false);
  });

  it('is made in turns', async () => {
    const { texts, turns } = textsWithTurns();
    await texts.print({ data: { rows: rows(50_000) } });
    expect(turns()).toBeGreaterThan(5);
  });
});

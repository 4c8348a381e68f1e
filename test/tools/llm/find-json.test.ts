import { describe, expect, it } from 'vitest';
import { AnswerJsonError } from '../../../src/core/base/answer-json.js';
import { type FoundJson, findJson } from '../../../src/tools/llm/find-json.js';

async function foundIn(text: string): Promise<FoundJson[]> {
  const all: FoundJson[] = [];
  for await (const found of findJson(text)) all.push(found);
  return all;
}
const valuesIn = async (text: string) => (await foundIn(text)).map(({ value }) => value);
const FENCE = '```';

describe('JSON is found', () => {
  it.each<[string, string, unknown]>([
    ['as it is', ' {"a":"<think>```{"} \n', { a: '<think>```{' }],
    ['in a fence', `${FENCE}json\n{"a":1}\n${FENCE}`, { a: 1 }],
    ['in a fence without a language', `${FENCE}\n[1, 2]\n${FENCE}`, [1, 2]],
    ['in a fence on one line', `${FENCE}{"a":1}${FENCE}`, { a: 1 }],
    ['in a fence that nothing closes', `${FENCE}json\n{"a":1}\n`, { a: 1 }],
    ['in a fence after words', `Here it is:\n\n${FENCE}json\n"yes"\n${FENCE}\nGood luck!`, 'yes'],
    ['in the last of several fences', `${FENCE}js\nlet a\n${FENCE}\nso\n${FENCE}json\n{"a":2}\n${FENCE}`, { a: 2 }],
    [
      'in a fence, with a fence in a string',
      `${FENCE}json\n{"a":"${FENCE}js\\nx{${FENCE}"}\n${FENCE}`,
      { a: '```js\nx{```' },
    ],
    ['after reasoning', '<think>Is it {"a":0}?</think>\n\n{"a":1}', { a: 1 }],
    ['after reasoning without a beginning', 'Is it {"a":0}?</think>{"a":1}', { a: 1 }],
    [
      'after reasoning in other tags',
      '[THINK]{"a":0}[/THINK]<thinking>{"a":0}</thinking> <reasoning>r</reasoning> 7',
      7,
    ],
    [
      'in a fence after reasoning',
      `<think>${FENCE}json\n{"a":0}\n${FENCE}</think>${FENCE}json\n{"a":1}\n${FENCE}`,
      { a: 1 },
    ],
    ['after words', 'Sure! {"a":1}', { a: 1 }],
    ['before words', '{"a":1} is what you {want}', { a: 1 }],
    ['between words with brackets', 'In {curly} [1]: {"a":"}"} :-}', { a: '}' }],
    ['in its last form', 'First {"a":1}, then {"a":{"b":[2]}}.', { a: { b: [2] } }],
    ['behind a quote that nothing closes', '{ " {"a":1}', { a: 1 }],
  ])('%s', async (_where, text, expected) => {
    expect((await valuesIn(text))[0]).toEqual(expected);
  });

  it.each(['', 'Sure! {', 'none', '<think>{"a":1}', 'So [THINK] {"a":1}', '```json\nnone\n```', '{"a":1'])(
    'nowhere in %j',
    async (text) => {
      expect(await valuesIn(text)).toEqual([]);
    },
  );

  it('once where a text can be read in several ways, and with everything else that can be read after it', async () => {
    expect(await valuesIn('{"a":1}')).toEqual([{ a: 1 }]);
    expect(await valuesIn('One: {"a":1}. Two: {"a":2}.')).toEqual([{ a: 2 }, { a: 1 }]);
  });
});

it('numbers are kept or refused as in all answers', async () => {
  expect(await foundIn('So: {"a":1234567890123456789}')).toEqual([
    { value: { a: '1234567890123456789' }, notes: [expect.stringContaining('at /a')] },
  ]);
  await expect(valuesIn('So: {"a":1e400}')).rejects.toThrow(AnswerJsonError);
});

describe('a text that was made to cost much', () => {
  const MANY = 1_000_000;

  /** Milliseconds of the processor. */
  async function costOf(work: Promise<unknown>): Promise<number> {
    const before = process.cpuUsage();
    await work;
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  }

  it.each([
    ['quotes', `{${'"\\'.repeat(MANY)}`],
    ['escaped quotes', `{"${'\\"'.repeat(MANY)}`],
    ['fences', '```'.repeat(MANY)],
    ['tags', '<think>'.repeat(MANY)],
    ['ends of tags', '</think>'.repeat(MANY)],
  ])('is given up soon: %s', async (_what, text) => {
    const found = foundIn(text);
    expect(await costOf(found)).toBeLessThan(5000);
    expect((await found).length).toBeLessThanOrEqual(12);
  });

  it.each([
    ['brackets', '200000 lists and objects', '{'.repeat(MANY)],
    ['pairs of brackets', '200000 lists and objects', '{}['.repeat(MANY)],
    ['lists in lists', '200000 lists and objects', `So: ${'['.repeat(MANY)}${']'.repeat(MANY)}`],
    ['small maps', '200000 lists and objects', `[${'{},'.repeat(MANY)}{}]`],
    ['numbers', '600000 values', `[${'1,'.repeat(MANY)}1]`],
  ])('is refused before it is parsed: %s', async (_what, words, text) => {
    const refused = expect(foundIn(text)).rejects.toThrow(`more than ${words}`);
    expect(await costOf(refused)).toBeLessThan(500);
  });

  it('does not count brackets in strings', async () => {
    expect(await valuesIn(JSON.stringify('['.repeat(MANY)))).toEqual(['['.repeat(MANY)]);
  });

  it('leaves the turns of the event loop to others meanwhile', async () => {
    const text = `[${'12345678901234567890,'.repeat(40_000)}1]`;
    let turns = 0;
    const timer = setInterval(() => {
      turns += 1;
    });
    expect((await valuesIn(text))[0]).toHaveLength(40_001);
    clearInterval(timer);
    expect(turns).toBeGreaterThan(1);
  });
});

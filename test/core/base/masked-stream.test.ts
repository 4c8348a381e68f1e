import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maskFor, NO_MASK } from '../../../src/core/base/mask.js';
import { MaskedStream } from '../../../src/core/base/masked-stream.js';

const mask = maskFor(['KEY', 'LONG'], { KEY: 'sk-1234', LONG: 'sk-1234567 & more' });

/** What is shown of each piece, and at the end. */
function shown(stream: MaskedStream, ...pieces: string[]): string[] {
  return [...pieces.map((piece) => stream.push(piece)), stream.end()];
}

describe('text in pieces', () => {
  it('comes through at once if there is no secret', () => {
    expect(shown(NO_MASK.stream(), 'Hel', 'lo', '')).toEqual(['Hel', 'lo', '', '']);
  });

  it('has its secrets hidden wherever a piece ends, in each of their forms', () => {
    expect(shown(mask.stream(), 'a s', 'k-12', '34 b')).toEqual(['a ', '', '[secret KEY] b', '']);
    expect(shown(mask.stream(), 'x=sk-1234567%20%26', '%20more;')).toEqual(['x=', '[secret LONG];', '']);
    expect(shown(mask.stream(), ...'sk-1234567 & more').join('')).toBe('[secret LONG]');
  });

  it('holds back no more than can be the beginning of a secret, and lets it go if it is none', () => {
    expect(shown(mask.stream(), 'risk', '-12', 'x', 's')).toEqual(['ri', '', 'sk-12x', '', 's']);
    expect(shown(mask.stream(), 'sk-1234')).toEqual(['', '[secret KEY]']);
    expect(shown(mask.stream(), 'sk-1234', '56', '9')).toEqual(['', '', '[secret KEY]569', '']);
  });

  it('hides all of secrets that overlap, under the label of the first', () => {
    const stream = () =>
      new MaskedStream([
        { form: 'abab', label: '[1]' },
        { form: 'bx', label: '[2]' },
      ]);
    expect(shown(stream(), 'ab', 'ab', 'ab', 'x!').join('')).toBe('[1]!');
    expect(shown(stream(), 'ababab').join('')).toBe('[1]');
    expect(shown(stream(), 'abab', 'b!', 'x').join('')).toBe('[1]b!x');
  });

  it('hides the beginning of a secret that was cut, as masks of whole texts do', () => {
    expect(shown(mask.stream(), 'said sk-1', '2…', ' and s…').join('')).toBe('said [secret LONG]… and s…');
    const short = new MaskedStream([{ form: 'ab', label: '[1]' }]);
    expect(shown(short, 'a', '… x…').join('')).toBe('[1]… x…');
  });

  it('takes time for its length, not for that of the secret too, however often it was cut', () => {
    const secret = `-----BEGIN PRIVATE KEY-----\n${`${'MIIEvQIBADAN/+'.repeat(4)}\n`.repeat(30)}-----END PRIVATE KEY-----\n`;
    const long = maskFor(['PEM'], { PEM: secret });
    // Each of the cuts was compared with each beginning of each form: half a minute, in which the process does nothing else.
    const cut = '…'.repeat(100_000);
    expect(shown(long.stream(), cut)).toEqual([cut, '']);
    const quoted = shown(long.stream(), `${secret.slice(0, 40)}… ${'--…'.repeat(1000)}`).join('');
    expect(quoted).toBe(`[secret PEM]… ${'--…'.repeat(1000)}`);
  });

  it('is never cut within a character', () => {
    const [first, second] = ['\ud83d', '\ude00'];
    expect(shown(NO_MASK.stream(), `a${first}`, `${second}b`, first)).toEqual(['a', '😀b', '', first]);
  });

  it('says the same however it is divided, shows no secret, and hides what the mask of a whole text hides', () => {
    const hidden = [
      { form: 'abc', label: '<1>' },
      { form: 'bcda', label: '<2>' },
      { form: 'aa', label: '<3>' },
    ];
    const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'd', '…'), maxLength: 30 });
    fc.assert(
      fc.property(text, fc.array(fc.nat(30), { maxLength: 6 }), (whole, cuts) => {
        const places = [0, ...cuts.filter((cut) => cut <= whole.length).sort((a, b) => a - b), whole.length];
        const pieces = places.slice(1).map((end, index) => whole.slice(places[index], end));
        const inPieces = shown(new MaskedStream(hidden), ...pieces).join('');
        expect(inPieces).toBe(shown(new MaskedStream(hidden), whole).join(''));
        for (const { form } of hidden) expect(inPieces).not.toContain(form);
        // What is shown is the text without the places of secrets.
        expect(inPieces.replaceAll(/<\d>/g, '').length).toBeLessThanOrEqual(whole.length);
      }),
      { numRuns: 2000 },
    );
  });
});

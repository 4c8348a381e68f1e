/** Text with one look: the classes that its colours and weights have. */
export interface Styled {
  readonly text: string;
  readonly look: string;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: escapes of terminals begin with one.
const ESCAPES = /\u001b(?:\[([\d;:?]*)([@-~])|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[@-Z\\^_])/g;

const COLOURS = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white'] as const;

interface Look {
  readonly colour?: string | undefined;
  readonly bold?: boolean;
  readonly underline?: boolean;
}

/**
 * Splits a line at the escapes that colour it (ECMA-48, SGR): the eight colours and their bright ones, bold and underlined.
 * Other escapes are left out. A line ends with what it began: colours do not run into the next one.
 */
export function styledOf(line: string): readonly Styled[] {
  const parts: Styled[] = [];
  let look: Look = {};
  let end = 0;
  const add = (text: string): void => {
    if (text !== '') parts.push({ text, look: classesOf(look) });
  };
  for (const match of line.matchAll(ESCAPES)) {
    add(line.slice(end, match.index));
    end = match.index + match[0].length;
    if (match[2] === 'm') look = lookAfter(look, match[1] ?? '');
  }
  add(line.slice(end));
  return parts;
}

/** The text of a line without escapes. */
export function plainOf(line: string): string {
  return line.replace(ESCAPES, '');
}

function lookAfter(before: Look, codes: string): Look {
  let look = before;
  const numbers = codes.split(/[;:]/).map(Number);
  for (let index = 0; index < numbers.length; index += 1) {
    const code = numbers[index] ?? 0;
    // Colours of 256, and of 24 bits, have numbers of their own behind them.
    if (code === 38 || code === 48) index += numbers[index + 1] === 5 ? 2 : 4;
    else look = lookOf(look, code);
  }
  return look;
}

function lookOf(before: Look, code: number): Look {
  if (code === 0) return {};
  if (code === 1) return { ...before, bold: true };
  if (code === 4) return { ...before, underline: true };
  if (code === 22) return { ...before, bold: false };
  if (code === 24) return { ...before, underline: false };
  if (code === 39) return { ...before, colour: undefined };
  const colour = (code >= 30 && code <= 37) || (code >= 90 && code <= 97) ? COLOURS[code % 10] : undefined;
  return colour === undefined ? before : { ...before, colour };
}

function classesOf({ colour, bold, underline }: Look): string {
  return [
    ...(colour === undefined ? [] : [`ansi-${colour}`]),
    ...(bold === true ? ['ansi-bold'] : []),
    ...(underline === true ? ['ansi-underline'] : []),
  ].join(' ');
}

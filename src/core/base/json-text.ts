const [QUOTE, BACKSLASH] = [34, 92];

/**
 * Where a string of JSON text ends: the index after its closing quote, or beyond the text if nothing closes it.
 * @param start where its opening quote stands
 */
export function endOfString(text: string, start: number): number {
  let end = start + 1;
  while (end < text.length && text.charCodeAt(end) !== QUOTE) end += text.charCodeAt(end) === BACKSLASH ? 2 : 1;
  return end + 1;
}

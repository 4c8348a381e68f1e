/** The name of a tool, and how many calls of it can be at work. */
export type ToolLimit = readonly [toolName: string, calls: number];

const MAX_CALLS = 100_000;
const PAIR = /^(\S.*):(\d{1,6})$/;

/**
 * How many calls of tools can be at work, from text such as `http_request:20,llm_chat:4`; undefined if it is not that. Names
 * of tools can have colons; the number is behind the last. Which tools there are is looked at later.
 */
export function parseToolLimits(text: string): readonly ToolLimit[] | undefined {
  const limits = new Map<string, number>();
  for (const item of text.split(',').map((part) => part.trim())) {
    if (item === '') continue;
    const [, name = '', digits = '0'] = PAIR.exec(item) ?? [];
    const limit = Number(digits);
    if (limit < 1 || limit > MAX_CALLS || limits.has(name)) return undefined;
    limits.set(name, limit);
  }
  return limits.size > 0 ? [...limits] : undefined;
}

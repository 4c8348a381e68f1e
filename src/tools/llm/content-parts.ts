import { isPlainObject, type Json } from '../../core/base/json.js';

/** Parts that hold what the model thought before it answered. */
const THINKING = /^(?:thinking|redacted_thinking|reasoning)/;

/** What the content of a message says. */
export interface ReadContent {
  /** The text of all its parts; undefined if none has text. */
  readonly text: string | undefined;
  readonly refusal: string | undefined;
  /** The types of parts that are neither text nor thoughts. */
  readonly skipped: ReadonlySet<string>;
}

interface Part {
  readonly text?: string;
  readonly refusal?: string;
  /** Its type, if it is neither text nor a thought. */
  readonly skipped?: string;
}

/** Reads the content of a message, which is text, or parts of several kinds. Undefined if it is neither. */
export function readContent(content: Json | undefined): ReadContent | undefined {
  const parts: readonly Json[] | undefined = Array.isArray(content) ? content : listOfText(content);
  if (parts === undefined) return undefined;
  const texts: string[] = [];
  const skipped = new Set<string>();
  let refusal: string | undefined;
  for (const each of parts) {
    const part = readPart(each);
    if (part === undefined) return undefined;
    if (part.text !== undefined) texts.push(part.text);
    if (part.skipped !== undefined) skipped.add(part.skipped);
    refusal = part.refusal ?? refusal;
  }
  return { text: texts.length === 0 ? undefined : texts.join(''), refusal, skipped };
}

function listOfText(content: Json | undefined): readonly Json[] | undefined {
  if (typeof content === 'string') return [content];
  return content === undefined || content === null ? [] : undefined;
}

function readPart(part: Json): Part | undefined {
  if (typeof part === 'string') return { text: part };
  if (!isPlainObject(part)) return undefined;
  const { type, text, refusal } = part;
  const kind = typeof type === 'string' ? type : 'unknown';
  if (typeof refusal === 'string') return { refusal };
  if (THINKING.test(kind)) return {};
  return typeof text === 'string' ? { text } : { skipped: kind };
}

import { isPlainObject, type Json, type JsonObject, setOwn } from '../../core/base/json.js';
import { readContent } from './content-parts.js';
import { TooLongError } from './server-sent-events.js';

/** Puts the chunks of a chat completion together, so that it is what the server would have sent as a whole. */
export class StreamedCompletion {
  #model: Json | undefined;
  #usage: Json | undefined;
  #finishReason: Json = null;
  /** Text, and parts of other kinds, in the order in which they came. */
  readonly #content: Json[] = [];
  #refusal = '';
  /** The calls of tools by their numbers or ids, in the order in which they began. */
  readonly #calls = new Map<Json, Fields>();
  #lastCall: Json | undefined;
  #hasMessage = false;
  #length = 0;

  /** True if the model has said why it ended. */
  get isFinished(): boolean {
    return this.#finishReason !== null;
  }

  /** About how long all of it is, in characters. */
  get length(): number {
    return this.#length;
  }

  /**
   * Takes a chunk in; returns the text that it adds.
   * @throws TooLongError if it asks for too many calls of tools
   */
  add(chunk: Json): string {
    if (!isPlainObject(chunk)) return '';
    const { model, usage, choices } = chunk as Partial<JsonObject>;
    if (typeof model === 'string') this.#model ??= model;
    if (isPlainObject(usage)) this.#usage = usage as JsonObject;
    const choice = Array.isArray(choices) ? (choices as readonly Json[]).find(isFirstChoice) : undefined;
    if (choice === undefined) return '';
    const { delta, message, finish_reason } = choice as Partial<JsonObject>;
    if (typeof finish_reason === 'string') this.#finishReason = finish_reason;
    const added = delta ?? message;
    return isPlainObject(added) ? this.#addMessage(added as JsonObject) : '';
  }

  /** The answer as a whole. */
  answer(): JsonObject {
    const calls = [...this.#calls.values()];
    const message: JsonObject = {
      content: this.#wholeContent(),
      ...(this.#refusal !== '' && { refusal: this.#refusal }),
      ...(calls.length > 0 && { tool_calls: calls }),
    };
    return {
      ...(this.#model !== undefined && { model: this.#model }),
      choices: this.#hasMessage ? [{ message, finish_reason: this.#finishReason }] : [],
      ...(this.#usage !== undefined && { usage: this.#usage }),
    };
  }

  #addMessage({ content = null, refusal, tool_calls }: Partial<JsonObject>): string {
    this.#hasMessage = true;
    if (typeof refusal === 'string') {
      this.#refusal += refusal;
      this.#length += refusal.length;
    }
    for (const call of Array.isArray(tool_calls) ? (tool_calls as readonly Json[]) : []) {
      if (isPlainObject(call)) this.#addToCall(call as JsonObject);
    }
    if (content === null) return '';
    // What is neither text nor a list stays what it is, for whoever reads the answer to refuse.
    for (const part of Array.isArray(content) ? (content as readonly Json[]) : [content]) this.#content.push(part);
    this.#length += typeof content === 'string' ? content.length : JSON.stringify(content).length;
    return readContent(content)?.text ?? '';
  }

  #wholeContent(): Json {
    if (this.#content.length === 0) return null;
    return this.#content.every((part) => typeof part === 'string') ? this.#content.join('') : this.#content;
  }

  /** Some servers number the calls, others only give each an id, and repeat it or not. */
  #addToCall(delta: JsonObject): void {
    this.#length += JSON.stringify(delta).length;
    const { index, id } = delta;
    const key = index ?? (typeof id === 'string' && id !== '' ? id : this.#lastCall) ?? 0;
    let call = this.#calls.get(key);
    if (call === undefined) {
      if (this.#calls.size >= MAX_CALLS) throw new TooLongError();
      call = {};
      this.#calls.set(key, call);
    }
    this.#lastCall = key;
    for (const [name, value] of Object.entries(delta)) if (name !== 'index') addField(call, name, value);
  }
}

type Fields = Record<string, Json>;

/** Calls of tools that one answer can ask for. */
const MAX_CALLS = 1000;

/** The arguments of a call come in pieces; all else comes once, or again and again. */
const IN_PIECES: readonly string[] = ['arguments', 'input'];

/** Adds to what is there, in place: a long answer comes in thousands of pieces. */
function addField(fields: Fields, name: string, value: Json): void {
  const known = Object.hasOwn(fields, name) ? fields[name] : undefined;
  if (isPlainObject(value)) {
    // Objects are made here alone, so this one is nobody else's.
    const inner: Fields = isPlainObject(known) ? (known as Fields) : {};
    if (inner !== known) setOwn(fields, name, inner);
    for (const [each, part] of Object.entries(value as JsonObject)) addField(inner, each, part);
  } else if (typeof value === 'string' && typeof known === 'string' && IN_PIECES.includes(name)) {
    setOwn(fields, name, known + value);
  } else if (known === undefined || (value !== null && value !== '')) {
    setOwn(fields, name, value);
  }
}

function isFirstChoice(choice: Json): boolean {
  return isPlainObject(choice) && (choice.index ?? 0) === 0;
}

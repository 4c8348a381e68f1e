import type { CapsuleEvent } from '../evidence/capsule-document.js';
import type { StreamedOutput } from '../types.js';

/** What the step under way has sent so far. */
export interface StepOutput {
  readonly step: number;
  readonly node: string;
  readonly attempt: number;
  readonly text: string;
  /** The beginning is not shown, or something is missing. */
  readonly isCut: boolean;
}

/** Characters that are shown, the last ones. */
const MAX_TEXT = 20_000;
/** At most one refresh in this time, in milliseconds: tokens can come faster than screens show them. */
const REFRESH_MS = 100;
/** After these a step is not under way any more, or is called again. */
const ENDS = /^(step\.|wait\.started$|run\.)/;

/** Puts together what the step under way sends, and forgets it when the step ends. */
export class OutputText {
  #output: StepOutput | undefined;
  #index = -1;
  /** The last attempt that has ended: what it sent can come late. */
  #ended = { step: 0, attempt: 0 };
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly show: (output: StepOutput | undefined) => void) {}

  add({ step, node, attempt, ...sent }: StreamedOutput): void {
    if (step < this.#ended.step || (step === this.#ended.step && attempt <= this.#ended.attempt)) return;
    const isSame = this.#output?.step === step && this.#output.attempt === attempt;
    const isAgain = !isSame || ('index' in sent && sent.index <= this.#index);
    const before = isAgain ? undefined : this.#output;
    if ('index' in sent) this.#index = sent.index;
    else if (isAgain) this.#index = -1;
    const text = (before?.text ?? '') + ('chunk' in sent ? textOf(sent.chunk, before?.text) : '');
    const isCut = (before?.isCut ?? false) || !('chunk' in sent) || text.length > MAX_TEXT;
    this.#output = { step, node, attempt, text: text.slice(-MAX_TEXT), isCut };
    this.#timer ??= setTimeout(() => this.#refresh(), REFRESH_MS);
  }

  /** Takes note of an event of the journal. */
  follow({ type, step, attempt }: Pick<CapsuleEvent, 'type' | 'step' | 'attempt'>): void {
    if (!ENDS.test(type)) return;
    if (step !== undefined && attempt !== undefined) this.#ended = { step, attempt };
    else this.#ended = { step: 0, attempt: 0 };
    this.clear();
  }

  clear(): void {
    if (this.#output === undefined) return;
    this.#output = undefined;
    this.#index = -1;
    this.#refresh();
  }

  #refresh(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.show(this.#output);
  }
}

/** Text continues what is there; any other JSON has a line of its own. */
function textOf(chunk: unknown, before = ''): string {
  if (typeof chunk === 'string') return chunk;
  return `${before === '' || before.endsWith('\n') ? '' : '\n'}${JSON.stringify(chunk)}\n`;
}

import type { Mask } from '../core/base/mask.js';
import type { MaskedStream } from '../core/base/masked-stream.js';
import { chunksOf, readChunk } from '../core/tool/chunk.js';
import type { CallOutput } from '../runs/run-output.js';

/** What one call of a tool sends while it works: text and other JSON, with secrets hidden. */
export class Emitter {
  readonly #text: MaskedStream;
  /** What was logged: a tool that sends something useless does so again and again. */
  readonly #logged = new Set<string>();
  #isOver = false;

  /** @param log called with a line when something cannot be sent, once for each reason */
  constructor(
    private readonly mask: Mask,
    private readonly output: CallOutput,
    private readonly log: (line: string) => void,
  ) {
    this.#text = mask.stream();
  }

  emit(chunk: unknown): void {
    if (this.#isOver) return;
    if (typeof chunk === 'string') this.#sendText(this.#text.push(chunk));
    else this.#sendJson(chunk);
  }

  /**
   * Nothing more is sent.
   * @param isCut what was held back of the text is dropped
   */
  end(isCut: boolean): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (!isCut) this.#sendText(this.#text.end());
    this.output.close();
  }

  #sendText(text: string): void {
    for (const chunk of chunksOf(text)) this.output.send(JSON.stringify(chunk));
  }

  #sendJson(chunk: unknown): void {
    const read = readChunk(chunk, this.mask);
    if ('refused' in read) {
      this.#note(read.refused);
      return;
    }
    // Text that is held back stays so: it can be half of a secret, whose other half comes after this.
    this.output.send(read.json);
  }

  #note(line: string): void {
    if (this.#logged.has(line) || this.#logged.size >= 10) return;
    this.#logged.add(line);
    this.log(line);
  }
}

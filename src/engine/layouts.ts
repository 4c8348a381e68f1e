import { LRUCache } from 'lru-cache';
import { EngineError } from '../core/base/errors.js';
import { effortOf, MAX_EFFORT, MAX_THREAD_EFFORT } from '../diagram/effort.js';
import { type Layout, layoutOf } from '../diagram/layout.js';
import { type Diagram, withoutEnds } from '../diagram/model.js';
import { LayoutThread, type LayoutWorker } from './layout-thread.js';

/** How many layouts are kept, and for how many pieces in all: one takes some 10 to 100 kB, and a large one 1 MB or more. */
const MAX_LAYOUTS = 200;
const MAX_KEPT_EFFORT = 100_000;
/** Large pictures that wait for their turn. */
const MAX_WAITING = 20;
const RETRY_AFTER_SECONDS = 5;

/** Places pictures: small ones at once, and large ones in a thread, so that nobody else waits. Keeps what it has placed. */
export class Layouts {
  readonly #kept = new LRUCache<string, Layout>({ max: MAX_LAYOUTS, maxSize: MAX_KEPT_EFFORT });
  readonly #underWay = new Map<string, Promise<Layout>>();
  readonly #thread: LayoutThread;

  /** @param start starts a thread for large pictures; without it, others wait for them */
  constructor(start?: () => LayoutWorker) {
    this.#thread = new LayoutThread(start);
  }

  /**
   * The layout of a picture.
   * @param key names what is drawn: the same key has the same picture
   * @throws EngineError `diagram_too_large`, `server_busy`, `shutting_down`
   */
  async find(key: string, whole: Diagram): Promise<Layout> {
    const known = this.#kept.get(key) ?? this.#underWay.get(key);
    if (known !== undefined) return known;
    const diagram = effortOf(whole) > MAX_EFFORT ? withoutEnds(whole) : whole;
    const effort = effortOf(diagram);
    if (effort <= MAX_EFFORT) return this.#keep(key, effort, layoutOf(diagram));
    if (effort > MAX_THREAD_EFFORT) throw tooLarge(`${effort} pieces, at most ${MAX_THREAD_EFFORT}`);
    if (this.#underWay.size >= MAX_WAITING) {
      const detail = 'Too many large pictures are being drawn. Try again later.';
      throw new EngineError('server_busy', detail, { retryAfterSeconds: RETRY_AFTER_SECONDS });
    }
    const placing = this.#thread.place(diagram).then((layout) => {
      if (layout === undefined) throw tooLarge('it takes too much time or memory to lay it out');
      return this.#keep(key, effort, layout);
    });
    this.#underWay.set(key, placing);
    try {
      return await placing;
    } finally {
      this.#underWay.delete(key);
    }
  }

  /** Gives up what is being placed. */
  stop(): void {
    this.#thread.stop();
  }

  #keep(key: string, effort: number, layout: Layout): Layout {
    this.#kept.set(key, layout, { size: effort });
    return layout;
  }
}

function tooLarge(why: string): EngineError {
  return new EngineError('diagram_too_large', `The graph is too large for a picture: ${why}. Use format=mermaid.`);
}

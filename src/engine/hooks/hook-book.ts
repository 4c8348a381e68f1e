import type { Problem } from '../../core/base/errors.js';
import { UnreadableError } from '../../core/base/stored.js';
import { type CompiledHook, compileHook } from '../../core/hook/compile.js';
import { type HookDefinition, readHookDefinition } from '../../core/hook/definition.js';
import type { Turns } from '../../runs/turns.js';
import type { HookStore } from '../../store/hooks.js';
import { hookNotFound, hookUnreadable } from './hook-errors.js';

/** A hook that is known counts as it was when this process last looked, for so long, in milliseconds. */
const FRESH_MS = 1000;
/** Between two looks, in milliseconds: strangers can ask for hooks that there are not as often as they like. */
const LOOK_MS = 100;

/** A hook as it was at some moment. */
export interface KnownHook {
  readonly hookId: string;
  readonly hook: CompiledHook;
}

interface Entry {
  readonly revision: string;
  hook?: Promise<KnownHook>;
}

interface HookBookDeps {
  readonly hooks: Pick<HookStore, 'listRevisions' | 'find'>;
  readonly turns: Turns;
  /** Milliseconds of a clock that only goes forwards. */
  readonly elapsed?: () => number;
}

/**
 * The hooks of the database, at hand: a delivery costs no look of its own, whatever it asks for. Which there are is looked up
 * at most ten times a second, and never when nobody sends anything. Other servers change hooks too, so what is known counts
 * for a second; a hook that is not known counts as missing only after a look that was begun after the request.
 */
export class HookBook {
  #entries = new Map<string, Entry>();
  #lookedAt = Number.NEGATIVE_INFINITY;
  /** A look that has not begun. */
  #next: Promise<void> | undefined;

  constructor(private readonly deps: HookBookDeps) {}

  /** @throws EngineError `hook_not_found`, `hook_unreadable`. @throws StoreUnavailableError */
  async find(hookId: string): Promise<KnownHook> {
    if (!this.#entries.has(hookId) || this.#now() - this.#lookedAt >= FRESH_MS) await this.#look();
    const entry = this.#entries.get(hookId);
    if (entry === undefined) throw hookNotFound(hookId);
    entry.hook ??= this.#read(hookId).catch((thrown: unknown) => {
      // It is tried again by the next one who asks.
      delete entry.hook;
      throw thrown;
    });
    return entry.hook;
  }

  /** Has the next request look which hooks there are: this process has changed one. */
  forget(hookId: string): void {
    this.#entries.delete(hookId);
    this.#lookedAt = Number.NEGATIVE_INFINITY;
  }

  /** Resolves after a look that was begun after the call. All who wait for one share it. */
  #look(): Promise<void> {
    this.#next ??= this.#lookLater();
    return this.#next;
  }

  async #lookLater(): Promise<void> {
    const pauseMs = this.#lookedAt + LOOK_MS - this.#now();
    // At least until all who ask in this turn have joined.
    await new Promise<void>((resolve) => (pauseMs > 0 ? setTimeout(resolve, pauseMs) : setImmediate(resolve)));
    this.#next = undefined;
    this.#lookedAt = this.#now();
    const before = this.#entries;
    const rows = await this.deps.hooks.listRevisions();
    const entries = new Map<string, Entry>();
    for (const { hookId, revision } of rows) {
      const known = before.get(hookId);
      entries.set(hookId, known?.revision === revision ? known : { revision });
    }
    this.#entries = entries;
  }

  async #read(hookId: string): Promise<KnownHook> {
    const row = await this.deps.hooks.find(hookId);
    if (row === undefined) throw hookNotFound(hookId);
    const { hook } = await this.deps.turns.inSlices(compileHook(definitionOf(row)));
    return { hookId, hook };
  }

  #now(): number {
    return (this.deps.elapsed ?? performance.now.bind(performance))();
  }
}

/** The document of a hook. @throws EngineError `hook_unreadable` */
export function definitionOf({ hookId, definition }: { hookId: string; definition: string }): HookDefinition {
  try {
    return readHookDefinition(definition);
  } catch (thrown) {
    if (!(thrown instanceof UnreadableError)) throw thrown;
    throw hookUnreadable(hookId, thrown);
  }
}

/** What is wrong with the expressions of a hook. */
export async function problemsOfHook(turns: Turns, definition: HookDefinition): Promise<readonly Problem[]> {
  return (await turns.inSlices(compileHook(definition))).problems;
}

import { EngineError, type Problem } from '../../core/base/errors.js';
import { jsonBytes } from '../../core/base/json.js';
import { type HookDefinition, hookIdSchema, MAX_HOOK_BYTES, type NewHook } from '../../core/hook/definition.js';
import { readKey } from '../../core/hook/signature.js';
import type { HookDeliveryRow, HookRow } from '../../store/hooks.js';
import { hookCursorAfter, hookDeliveryCursorAfter, readHookCursor, readHookDeliveryCursor } from '../cursors.js';
import { graphNotFound } from '../graphs.js';
import type { Page, RunDeps } from '../shared.js';
import { definitionOf, type HookBook, problemsOfHook } from './hook-book.js';
import { hookNotFound, invalidHook } from './hook-errors.js';
import type { Refusals } from './refusals.js';

/** Hooks that a database holds at most: all of them are at hand. */
export const MAX_HOOKS = 1000;

export interface HookSettings {
  /** Secrets by name. */
  readonly secrets: Readonly<Record<string, string>>;
  /** Hooks can take what nobody has signed. */
  readonly allowsUnsigned: boolean;
}

export interface HookDeps extends Pick<RunDeps, 'store' | 'turns' | 'now' | 'newId'>, HookSettings {
  readonly book: HookBook;
  readonly refusals: Refusals;
}

/** A hook as people see it. Times are milliseconds since 1970. */
export interface HookView extends Omit<HookRow, 'definition' | 'graphId' | 'revision'> {
  readonly definition: HookDefinition;
}

/** What people do with hooks. */
export class HookUseCases {
  constructor(private readonly deps: HookDeps) {}

  /** @throws EngineError `invalid_request`, `hook_exists`, `too_many_hooks`, `graph_not_found`. */
  async createHook({ hook_id: given, ...definition }: NewHook): Promise<HookView> {
    const { store, newId, now, book } = this.deps;
    await this.#check(definition);
    const hookId = given ?? `hook-${newId().slice(-12)}`;
    const at = now();
    const stored = { ...this.#stored(hookId, definition, at), createdAt: at };
    const result = await store.hooks.create(stored, MAX_HOOKS);
    if (result === 'id_taken') throw new EngineError('hook_exists', `A hook with the id "${hookId}" exists already.`);
    if (result === 'full') {
      throw new EngineError('too_many_hooks', `There are ${MAX_HOOKS} hooks. Delete one that is not needed.`);
    }
    if (result === 'graph_missing') throw graphNotFound(stored.graphId ?? '');
    book.forget(hookId);
    return { hookId, definition, createdAt: at, updatedAt: at, refused: 0, lastRefusedAt: null, lastRefusal: null };
  }

  /**
   * Replaces the document of a hook. What it was sent before stays known.
   * @throws EngineError `hook_not_found`, `invalid_request`, `graph_not_found`.
   */
  async updateHook(hookId: string, definition: HookDefinition): Promise<HookView> {
    const { store, now, book } = this.deps;
    await this.#check(definition);
    const stored = this.#stored(hookId, definition, now());
    const result = isHookId(hookId) ? await store.hooks.update(stored) : 'missing';
    if (result === 'graph_missing') throw graphNotFound(stored.graphId ?? '');
    if (result === 'missing') throw hookNotFound(hookId);
    book.forget(hookId);
    return this.getHook(hookId);
  }

  /** Deletes a hook with all that is known of its deliveries. @throws EngineError `hook_not_found`. */
  async deleteHook(hookId: string): Promise<void> {
    const isThere = isHookId(hookId) && (await this.deps.store.hooks.delete(hookId));
    this.deps.book.forget(hookId);
    if (!isThere) throw hookNotFound(hookId);
  }

  /** @throws EngineError `hook_not_found`, `hook_unreadable`. */
  async getHook(hookId: string): Promise<HookView> {
    return viewOf(await this.#row(hookId));
  }

  /** All hooks, by id. @throws EngineError `invalid_request`, `hook_unreadable`. */
  async listHooks({ limit, cursor }: Page): Promise<{ hooks: readonly HookView[]; nextCursor: string | null }> {
    const { store, refusals } = this.deps;
    await refusals.flush();
    const after = cursor === undefined ? undefined : readHookCursor(cursor);
    const rows = await store.hooks.list(after, limit + 1);
    const last = rows.length > limit ? rows[limit - 1] : undefined;
    const nextCursor = last === undefined ? null : hookCursorAfter(last.hookId);
    return { hooks: rows.slice(0, limit).map(viewOf), nextCursor };
  }

  /** What a hook was sent, the latest first. @throws EngineError `hook_not_found`, `invalid_request`. */
  async listHookDeliveries(
    hookId: string,
    { limit, cursor }: Page,
  ): Promise<{ hook: HookRow; deliveries: readonly HookDeliveryRow[]; nextCursor: string | null }> {
    const after = cursor === undefined ? undefined : readHookDeliveryCursor(cursor);
    const hook = await this.#row(hookId);
    const rows = await this.deps.store.hooks.listDeliveries(hookId, after, limit + 1);
    const last = rows.length > limit ? rows[limit - 1] : undefined;
    const nextCursor = last === undefined ? null : hookDeliveryCursorAfter(last);
    return { hook, deliveries: rows.slice(0, limit), nextCursor };
  }

  async #row(hookId: string): Promise<HookRow> {
    const { store, refusals } = this.deps;
    await refusals.flush();
    const row = isHookId(hookId) ? await store.hooks.find(hookId) : undefined;
    if (row === undefined) throw hookNotFound(hookId);
    return row;
  }

  #stored(hookId: string, definition: HookDefinition, updatedAt: number) {
    const { newId } = this.deps;
    const graphId = definition.graph_id ?? null;
    return { hookId, graphId, revision: newId(), updatedAt, definition: JSON.stringify(definition) };
  }

  /** @throws EngineError if a hook cannot work */
  async #check(definition: HookDefinition): Promise<void> {
    const { store, turns } = this.deps;
    const problems = [
      ...sizeProblems(definition),
      ...this.#secretProblems(definition.verify),
      ...(await problemsOfHook(turns, definition)),
    ];
    if (problems.length > 0) throw invalidHook(problems);
    const { graph_id: graphId, version } = definition;
    if (graphId !== undefined && !(await store.hasGraph(graphId, version))) throw graphNotFound(graphId, version);
  }

  #secretProblems({ scheme, secret = '' }: HookDefinition['verify']): Problem[] {
    const { secrets, allowsUnsigned } = this.deps;
    if (scheme === 'none') return allowsUnsigned ? [] : [{ pointer: '/verify/scheme', ...UNSIGNED }];
    const { problem } = readKey(scheme, secret, Object.hasOwn(secrets, secret) ? secrets[secret] : undefined);
    return problem === undefined ? [] : [{ pointer: '/verify/secret', code: 'invalid_value', message: problem }];
  }
}

const UNSIGNED = {
  code: 'invalid_value',
  message:
    'Anybody could send deliveries that nobody has signed: this needs a HOST that only this machine reaches, or ALLOW_ANONYMOUS=true. Else choose another scheme, and a secret.',
};

function sizeProblems(definition: HookDefinition): Problem[] {
  if (jsonBytes(definition as never) <= MAX_HOOK_BYTES) return [];
  return [{ pointer: '', code: 'too_big', message: `Must not be longer than ${MAX_HOOK_BYTES} bytes as JSON.` }];
}

function isHookId(hookId: string): boolean {
  return hookIdSchema.safeParse(hookId).success;
}

function viewOf({ graphId: _, revision: __, ...row }: HookRow): HookView {
  return { ...row, definition: definitionOf(row) };
}

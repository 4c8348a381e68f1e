import type { ASTNode } from '@marcbachmann/cel-js';
import type { Json } from '../base/json.js';
import { parse } from './expressions.js';
import { replaceQuotedFields } from './quoted-fields.js';
import { ExpressionError } from './values.js';

/** The kinds of value that an expression shows that it needs. */
export type UsedKind = 'boolean' | 'number' | 'string' | 'list';

/** What an expression does with a value that it reads. */
export interface Use {
  /** From the root on: `data`, `input_data`, `run` or `error`. {@link ANY_ITEM} stands for any item of a list. */
  readonly path: readonly string[];
  readonly kind?: UsedKind;
  /** What the value is compared with. */
  readonly constant?: Json;
  /** The expression has a value if this is missing. */
  readonly mayMiss?: true;
}

/** Stands in a path for an item of a list, or for a key that only a run knows. */
export const ANY_ITEM = '[]';

/** Macros whose first body is true or false. */
const TESTS: readonly string[] = ['all', 'exists', 'exists_one', 'filter'];
const MACROS: readonly string[] = [...TESTS, 'map', 'sortBy'];
const TEXT_METHODS: readonly string[] = ['contains', 'startsWith', 'endsWith', 'split', 'replace'];
const COMPARISONS: readonly string[] = ['==', '!=', '<', '<=', '>', '>='];
const ARITHMETIC: readonly string[] = ['+', '-', '*', '/', '%'];

type Path = readonly string[];
type Access = Extract<ASTNode, { op: '.' | '.?' | '[]' | '[?]' }>;

/**
 * Finds what an expression reads, and what it compares that with: from this follows which values decide. Nothing for text
 * that is no expression.
 *
 * @example
 * usesOf('data.score > 5'); // [{ path: ['data', 'score'], kind: 'number', constant: 5 }, ...]
 */
export function usesOf(source: string): readonly Use[] {
  try {
    const quoted = replaceQuotedFields(source);
    const finder = new UseFinder(quoted.names);
    finder.visit(parse(quoted.source), undefined);
    return finder.uses;
  } catch (thrown) {
    if (thrown instanceof ExpressionError) return [];
    throw thrown;
  }
}

class UseFinder {
  readonly uses: Use[] = [];
  /** What the variables of macros stand for. */
  readonly #variables = new Map<string, Path>();

  constructor(private readonly names: ReadonlyMap<number, string>) {}

  /** @param kind what the value must be, as far as its surroundings tell */
  visit(node: ASTNode, kind: UsedKind | undefined): void {
    const path = this.#pathOf(node);
    if (path !== undefined) {
      this.#note(path, { ...(kind !== undefined && { kind }), ...(isOptional(node) && { mayMiss: true }) });
      this.#visitKeys(node);
      return;
    }
    switch (node.op) {
      case 'call':
        this.#visitCall(...node.args);
        return;
      case 'rcall':
        this.#visitMethod(...node.args);
        return;
      case '&&':
      case '||':
        for (const part of node.args) this.visit(part, 'boolean');
        return;
      case '?:':
        for (const [index, part] of node.args.entries()) this.visit(part, index === 0 ? 'boolean' : kind);
        return;
      case '!_':
        this.visit(node.args, 'boolean');
        return;
      case '-_':
        this.visit(node.args, 'number');
        return;
      case 'list':
      case 'map':
        for (const part of node.args.flat()) this.visit(part, undefined);
        return;
      case 'in':
        this.#visitIn(...node.args);
        return;
      default:
        this.#visitOperator(node);
    }
  }

  #note(path: Path, more: Omit<Use, 'path'>): void {
    this.uses.push({ path, ...more });
  }

  #visitOperator({ op, args }: ASTNode): void {
    if (!COMPARISONS.includes(op) && !ARITHMETIC.includes(op)) return;
    const [left, right] = args as [ASTNode, ASTNode];
    this.#visitBeside(left, right, op);
    this.#visitBeside(right, left, op);
  }

  /** An operand takes after the literal that it is compared with, or joined to. */
  #visitBeside(part: ASTNode, other: ASTNode, op: string): void {
    const literal = literalOf(other);
    const path = this.#pathOf(part);
    if (path !== undefined && COMPARISONS.includes(op) && literal !== undefined) {
      this.#note(path, { constant: literal });
    }
    this.visit(part, kindBeside(literal, op));
  }

  #visitIn(item: ASTNode, list: ASTNode): void {
    this.visit(item, undefined);
    this.visit(list, list.op === 'list' ? undefined : 'list');
    const [itemPath, listPath] = [this.#pathOf(item), this.#pathOf(list)];
    const constant = literalOf(item);
    if (listPath !== undefined && constant !== undefined) this.#note([...listPath, ANY_ITEM], { constant });
    if (itemPath === undefined || list.op !== 'list') return;
    for (const each of list.args) {
      const value = literalOf(each);
      if (value !== undefined) this.#note(itemPath, { constant: value });
    }
  }

  #visitCall(name: string, args: readonly ASTNode[]): void {
    const [first] = args;
    const path = first && this.#pathOf(first);
    if (name === 'has' && path !== undefined) this.#note(path, { mayMiss: true });
    else for (const part of args) this.visit(part, name === 'sum' || name === 'size' ? 'list' : undefined);
  }

  #visitMethod(name: string, receiver: ASTNode, args: readonly ASTNode[]): void {
    if (MACROS.includes(name)) {
      this.#visitMacro(name, receiver, args);
      return;
    }
    const isText = TEXT_METHODS.includes(name);
    this.visit(receiver, isText ? 'string' : name === 'size' ? 'list' : undefined);
    const path = this.#pathOf(receiver);
    for (const part of args) {
      const constant = literalOf(part);
      const counts = isText || name === 'orValue';
      if (path !== undefined && constant !== undefined && counts) this.#note(path, { constant });
      this.visit(part, undefined);
    }
  }

  #visitMacro(name: string, receiver: ASTNode, [variable, ...bodies]: readonly ASTNode[]): void {
    this.visit(receiver, 'list');
    const path = this.#pathOf(receiver);
    const known = variable?.op === 'id' && path !== undefined ? variable.args : undefined;
    if (known !== undefined && path !== undefined) this.#variables.set(known, [...path, ANY_ITEM]);
    for (const body of bodies) this.visit(body, TESTS.includes(name) ? 'boolean' : undefined);
    if (known !== undefined) this.#variables.delete(known);
  }

  /** What is between brackets is read too. */
  #visitKeys(node: ASTNode): void {
    for (let at = node; isAccess(at); at = at.args[0]) {
      if (at.op === '[]' || at.op === '[?]') this.visit(at.args[1], undefined);
    }
  }

  #pathOf(node: ASTNode): Path | undefined {
    if (node.op === 'id') return this.#variables.get(node.args) ?? [node.args];
    if (!isAccess(node)) return undefined;
    const base = this.#pathOf(node.args[0]);
    return base && [...base, this.#keyOf(node)];
  }

  #keyOf(node: Access): string {
    if (node.op === '.' || node.op === '.?') return this.names.get(node.pos) ?? node.args[1];
    const key = literalOf(node.args[1]);
    return typeof key === 'string' ? key : ANY_ITEM;
  }
}

function isAccess(node: ASTNode): node is Access {
  return node.op === '.' || node.op === '.?' || node.op === '[]' || node.op === '[?]';
}

function isOptional(node: ASTNode): boolean {
  return isAccess(node) && (node.op === '.?' || node.op === '[?]' || isOptional(node.args[0]));
}

function literalOf(node: ASTNode): Json | undefined {
  if (node.op === '-_') {
    const negated = literalOf(node.args);
    return typeof negated === 'number' ? -negated : undefined;
  }
  if (node.op !== 'value') return undefined;
  const value: unknown = node.args;
  if (typeof value === 'bigint') return Number(value);
  return value === null || typeof value !== 'object' ? (value as Json) : undefined;
}

function kindBeside(literal: Json | undefined, op: string): UsedKind | undefined {
  if (typeof literal === 'number') return 'number';
  if (typeof literal === 'string') return 'string';
  if (typeof literal === 'boolean') return 'boolean';
  return ARITHMETIC.includes(op) && op !== '+' ? 'number' : undefined;
}

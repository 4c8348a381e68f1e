import type { ASTNode } from '@marcbachmann/cel-js';
import type { Json } from '../base/json.js';
import { describe } from './operators.js';
import {
  ExpressionError,
  JSON_KINDS,
  type Kind,
  kindOf,
  type Meter,
  type ReadLog,
  type Scope,
  type StaticType,
  type Value,
} from './values.js';

/** The context of one evaluation. */
export interface Frame {
  readonly scope: Scope;
  readonly meter: Meter;
  /** Undefined if nobody needs to know what was read. */
  readonly reads: ReadLog | undefined;
  /** True if computed keys can hold secrets: they are then shown nowhere. */
  readonly hidesKeys: boolean;
  /** The item that a macro is at. Macros are not nested, so one is enough. */
  item: Json;
}

/** A part of an expression, ready to run. */
export interface Compiled {
  /** The kind of every value that `run` gives. */
  readonly type: StaticType;
  run(frame: Frame): Value;
}

/** The state of the compiler. */
export interface CompileContext {
  readonly allowsSecrets: boolean;
  /** Whether `error` is a root. Elsewhere it is a name like any other, which a macro can give to its items. */
  readonly knowsError: boolean;
  /** Whether the roots are those of a delivery. */
  readonly knowsDelivery: boolean;
  readonly secretNames: Set<string>;
  /** Where the expression stands in its document, so that the same text elsewhere draws other ids. */
  readonly place: string;
  /** The quoted names of fields, by their offset in the source. */
  readonly quotedFields: ReadonlyMap<number, string>;
  /** The name of the item inside a macro. */
  variable: string | undefined;
  /** Parts compiled so far: what an iteration costs. */
  parts: number;
  /** Compiles a part of any kind. An argument, so that the files of the kinds need not import each other. */
  compile(node: ASTNode): Compiled;
}

/** The field that `x.name` or ``x.`quoted name` `` names. */
export function fieldOf(access: Extract<ASTNode, { op: '.' | '.?' }>, context: CompileContext): string {
  return context.quotedFields.get(access.pos) ?? access.args[1];
}

/** Where a part stands in the source, 1 for its first character. */
export function positionOf(node: ASTNode): number {
  return node.pos + 1;
}

/**
 * A part that must be of some kinds: refused now if that is known to be wrong, else checked at each run.
 * @param what the operator or function that needs it, for the message
 */
export function typed(part: Compiled, kinds: readonly Kind[], what: string, at: number): (frame: Frame) => Value {
  if (part.type === 'any') {
    return (frame) => {
      const value = part.run(frame);
      const kind = kindOf(value);
      if (!kinds.includes(kind)) throw mismatch(what, kinds, kind, at);
      return value;
    };
  }
  if (!kinds.includes(part.type)) throw mismatch(what, kinds, part.type, at);
  return part.run;
}

function mismatch(what: string, kinds: readonly Kind[], found: Kind, at: number): ExpressionError {
  const hint = found === 'optional' ? 'Add .orValue(...) to it.' : undefined;
  const wanted = kinds === JSON_KINDS ? 'a value' : kinds.map(describe).join(' or ');
  return new ExpressionError(`${what} takes ${wanted}, not ${describe(found)}.`, at, hint);
}

import { type ASTNode, Environment, ParseError } from '@marcbachmann/cel-js';
import type { Json } from '../base/json.js';
import { compileAst } from './compiler.js';
import { hintForForeign } from './foreign-syntax.js';
import { describe, withArticle } from './operators.js';
import type { CompileContext, Compiled } from './parts.js';
import { replaceQuotedFields } from './quoted-fields.js';
import type { Read } from './reads.js';
import { refuseRecoding } from './secret-use.js';
import {
  copyResult,
  ExpressionError,
  type ExpressionProblem,
  isList,
  MAX_LIST_ITEMS,
  Meter,
  ReadLog,
  type Scope,
  type StaticType,
} from './values.js';

export { ExpressionError, type ExpressionProblem, Meter, type Scope } from './values.js';

/** Most characters of an expression. */
const MAX_SOURCE_LENGTH = 4096;

/** Only the parser of the library is used; see `compileAst`. */
const environment = new Environment({
  enableOptionalTypes: true,
  limits: { maxAstNodes: 1000, maxDepth: 50, maxListElements: 500, maxMapEntries: 500, maxCallArguments: 8 },
});

/** The library's names of tokens, in words. */
const TOKENS: Readonly<Record<string, string>> = {
  EOF: 'the end',
  IDENTIFIER: 'a name',
  LPAREN: '"("',
  RPAREN: '")"',
  LBRACKET: '"["',
  RBRACKET: '"]"',
  LBRACE: '"{"',
  RBRACE: '"}"',
  COLON: '":"',
};

export interface ExpressionOptions {
  /** Whether it can use `secrets.NAME`. */
  readonly secrets: boolean;
  /** Whether it chooses by an error, and can use `error`. */
  readonly error?: boolean;
  /** Whether it is one of a hook: it can use `body`, `headers` and `query` instead of the state of a run. */
  readonly delivery?: boolean;
  /** What the value must be, if only one kind makes sense. */
  readonly result?: 'boolean' | 'list';
  /** Where it stands among others of the same step: `uuid()` is another in each place. */
  readonly place?: string;
}

/** A compiled expression. Knows no state, so one serves every run of a graph. */
export interface Expression {
  readonly source: string;
  /** The kind of its values, as far as it is known from the source. */
  readonly type: StaticType;
  /** The secrets that it names, sorted. */
  readonly secretNames: readonly string[];
  /**
   * The value for a state, frozen, with the paths that were read (never secrets). Takes a tenth of a second at
   * most. Expressions that are evaluated for one decision share a meter, and so that time.
   * @throws ExpressionError when there is none: missing keys, wrong types and exceeded limits are never a value.
   */
  evaluate(scope: Scope, meter?: Meter): { value: Json; reads: Read[] };
  /** The value alone. */
  evaluateWith(scope: Scope, meter: Meter): Json;
}

/**
 * Parses and checks an expression (CEL over `input_data`, `data`, `run`, and `secrets` and `error` where allowed; or over
 * `body`, `headers`, `query`). Never throws.
 */
export function compileExpression(
  source: string,
  options: ExpressionOptions,
): { expression: Expression; problem?: undefined } | { problem: ExpressionProblem; expression?: undefined } {
  try {
    return { expression: compile(source, options) };
  } catch (thrown) {
    if (!(thrown instanceof ExpressionError)) throw thrown;
    const { reason, position, hint } = thrown;
    return { problem: { message: reason, ...(position && { position }), ...(hint && { hint }) } };
  }
}

/**
 * Evaluates a condition.
 * @throws ExpressionError when it is anything but `true` or `false`.
 */
export function evaluateBoolean(
  expression: Expression,
  scope: Scope,
  meter?: Meter,
): { value: boolean; reads: Read[] } {
  const { value, reads } = expression.evaluate(scope, meter);
  if (typeof value === 'boolean') return { value, reads };
  throw new ExpressionError(`A condition must be true or false, not ${withArticle(value)}.`);
}

/**
 * Evaluates a list.
 * @throws ExpressionError if it is not a list, or has more than 10,000 items.
 */
export function evaluateList(
  expression: Expression,
  scope: Scope,
  meter?: Meter,
): { value: readonly Json[]; reads: Read[] } {
  const { value, reads } = expression.evaluate(scope, meter);
  if (!isList(value)) throw new ExpressionError(`This must be a list, not ${withArticle(value)}.`);
  if (value.length <= MAX_LIST_ITEMS) return { value, reads };
  throw new ExpressionError(`The list has more than ${MAX_LIST_ITEMS} items.`);
}

function compile(source: string, options: ExpressionOptions): Expression {
  if (source.length > MAX_SOURCE_LENGTH) {
    throw new ExpressionError(`The expression has more than ${MAX_SOURCE_LENGTH} characters.`);
  }
  const quoted = replaceQuotedFields(source);
  const context: CompileContext = {
    place: options.place ?? '',
    quotedFields: quoted.names,
    allowsSecrets: options.secrets,
    knowsError: options.error === true,
    knowsDelivery: options.delivery === true,
    secretNames: new Set(),
    variable: undefined,
    parts: 0,
    compile: (node) => compileAst(node, context),
  };
  const node = parse(quoted.source);
  const root = context.compile(node);
  checkResult(root, options.result);
  if (context.secretNames.size > 0) refuseRecoding(node);
  const hidesKeys = context.secretNames.size > 0;
  const evaluate = (scope: Scope, meter: Meter, reads: ReadLog | undefined): Json =>
    copyResult(root.run({ scope, meter, reads, hidesKeys, item: null }), meter);
  return {
    source,
    type: root.type,
    secretNames: [...context.secretNames].sort(),
    evaluate(scope, meter = new Meter()) {
      const reads = new ReadLog();
      const value = evaluate(scope, meter, reads);
      return { value, reads: reads.list() };
    },
    evaluateWith: (scope, meter) => evaluate(scope, meter, undefined),
  };
}

function checkResult({ type }: Compiled, wanted: 'boolean' | 'list' | undefined): void {
  if (type === 'optional') throw new ExpressionError('The result is optional. Add .orValue(...) to it.');
  if (wanted === undefined || type === 'any' || type === wanted) return;
  throw new ExpressionError(`This must be ${describe(wanted)}, and is always ${describe(type)}.`);
}

/** Parses the text of an expression. @throws ExpressionError */
export function parse(source: string): ASTNode {
  try {
    return environment.parse(source).ast;
  } catch (thrown) {
    if (!(thrown instanceof ParseError)) throw new ExpressionError('The expression cannot be read.');
    const position = (thrown.range?.start ?? 0) + 1;
    if (thrown.code === 'limit_exceeded') throw new ExpressionError('The expression is too large.', position);
    const text = thrown.summary.replace(/\b[A-Z]{2,}\b/g, (word) => TOKENS[word] ?? word.toLowerCase());
    const hint = thrown.range === undefined ? undefined : hintForForeign(source, thrown.range.start);
    throw new ExpressionError(`${text}.`, position, hint);
  }
}

import { type Json, partsOf } from '../../base/json.js';
import { createPacer, type Steps } from '../../base/steps.js';
import { compileExpression, type ExpressionProblem } from '../../expressions/expressions.js';
import { splitTemplate } from '../../expressions/template-text.js';
import type { PlacedExpression } from '../placed.js';
import type { GraphError } from './codes.js';

/** Most expressions of a graph, and most characters of them: parsing takes a few milliseconds for each 4,000. */
export const MAX_EXPRESSIONS = 2000;
export const MAX_EXPRESSION_CHARACTERS = 262_144;

/** Counts the expressions of a graph before they are parsed, so that a hostile document stays cheap. */
export class ExpressionBudget {
  #expressions = 0;
  #characters = 0;
  #isOver = false;

  /** Counts expressions of one place. True if they can be parsed; else the first excess is added to the problems. */
  allows(sources: readonly string[], pointer: string, problems: GraphError[]): boolean {
    this.#expressions += sources.length;
    for (const source of sources) this.#characters += source.length;
    if (this.#expressions <= MAX_EXPRESSIONS && this.#characters <= MAX_EXPRESSION_CHARACTERS) return true;
    if (!this.#isOver) {
      const message = `The graph has more than ${MAX_EXPRESSIONS} expressions, or ${MAX_EXPRESSION_CHARACTERS} characters of them. The rest was not checked.`;
      problems.push({ pointer, code: 'invalid_expression', message });
    }
    this.#isOver = true;
    return false;
  }
}

/** The sources of the expressions in a string. */
function sourcesOf(text: string): string[] {
  return (splitTemplate(text).parts ?? []).flatMap((part) => (typeof part === 'string' ? [] : [part.source]));
}

/** The sources of all `${ expressions }` in a document, in no order. Strings that cannot be split have none. */
export function* expressionsIn(document: Json): Steps<string[]> {
  const isDue = createPacer();
  const sources: string[][] = [];
  const pending: Json[] = [document];
  for (let value = pending.pop(); value !== undefined; value = pending.pop()) {
    if (typeof value === 'string') sources.push(sourcesOf(value));
    else if (typeof value === 'object' && value !== null) {
      for (const inner of partsOf(value)) {
        pending.push(inner as Json);
        if (isDue()) yield;
      }
    }
    if (isDue()) yield;
  }
  // Not pushed as arguments: a text can hold more of them than a call takes.
  return sources.flat();
}

/** Checks the expressions of an edge, or of a list of entries. */
export function* checkExpressions(
  expressions: readonly PlacedExpression[],
  budget: ExpressionBudget,
): Steps<GraphError[]> {
  const problems: GraphError[] = [];
  for (const { pointer, source, start, result, readsError } of expressions) {
    if (source === undefined) {
      const message = 'The items are one expression: "${", an expression that gives a list, and "}".';
      problems.push(invalidExpression({ message }, pointer, 0));
    } else if (budget.allows([source], pointer, problems)) {
      const { problem } = compileExpression(source, { secrets: false, result, error: readsError });
      if (problem !== undefined) problems.push(invalidExpression(problem, pointer, start));
    }
    yield;
  }
  return problems;
}

/** @param start offset of the expression in its string */
function invalidExpression({ message, position, hint }: ExpressionProblem, pointer: string, start: number): GraphError {
  const placed = position === undefined ? message : `${message} (at character ${start + position})`;
  return { pointer, code: 'invalid_expression', message: placed, ...(hint !== undefined && { hint }) };
}

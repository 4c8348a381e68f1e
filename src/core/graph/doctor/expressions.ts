import type { Json } from '../../base/json.js';
import { compileExpression, type ExpressionProblem } from '../../expressions/expressions.js';
import { splitTemplate } from '../../expressions/template-text.js';
import type { Edge } from '../edges.js';
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

/** The sources of all `${ expressions }` in a document. Strings that cannot be split have none. */
export function expressionsIn(value: Json): string[] {
  if (typeof value === 'string') {
    return (splitTemplate(value).parts ?? []).flatMap((part) => (typeof part === 'string' ? [] : [part.source]));
  }
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(expressionsIn) : [];
}

/** Checks the expressions of an edge. */
export function checkExpressions({ expressions }: Edge, budget: ExpressionBudget): GraphError[] {
  return expressions.flatMap(({ pointer, source, start, result }) => {
    if (source === undefined) {
      const message = 'The items are one expression: "${", an expression that gives a list, and "}".';
      return [invalidExpression({ message }, pointer, 0)];
    }
    const problems: GraphError[] = [];
    if (!budget.allows([source], pointer, problems)) return problems;
    const { problem } = compileExpression(source, { secrets: false, result });
    return problem === undefined ? [] : [invalidExpression(problem, pointer, start)];
  });
}

/** @param start offset of the expression in its string */
function invalidExpression({ message, position, hint }: ExpressionProblem, pointer: string, start: number): GraphError {
  const placed = position === undefined ? message : `${message} (at character ${start + position})`;
  return { pointer, code: 'invalid_expression', message: placed, ...(hint !== undefined && { hint }) };
}

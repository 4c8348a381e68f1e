import { messageOf } from '../../base/errors.js';
import { type Json, toPointer } from '../../base/json.js';
import { compileTemplate, isTouchedByTemplate } from '../../expressions/templates.js';
import type { AnyTool } from '../../tool/tool.js';
import { type NodeDefinition, paramsOf } from '../definition.js';
import type { GraphError } from './codes.js';
import { type ExpressionBudget, expressionsIn } from './expressions.js';

/** Most problems reported for the params of one node. */
const MAX_PARAM_PROBLEMS = 20;

/**
 * Checks the params of a node: their expressions, and the rest by the tool's schema. What the schema finds at, under or
 * above an expression is dropped, since it depends on a value that only the call knows.
 * @param tool undefined if it is not registered
 */
export function checkParams(
  node: NodeDefinition,
  tool: AnyTool | undefined,
  pointer: string,
  budget: ExpressionBudget,
): GraphError[] {
  const params = paramsOf(node);
  const problems: GraphError[] = [];
  if (!budget.allows(expressionsIn(params), pointer, problems)) return problems;
  const { template, problems: found } = compileTemplate(params, { secrets: tool?.secrets === true });
  const unknown = [...template.dynamicPointers, ...found.map((problem) => problem.pointer)];
  problems.push(...found.map((problem) => ({ ...problem, pointer: pointer + problem.pointer })));
  if (tool !== undefined) problems.push(...checkBySchema(tool, template.preview, unknown, pointer));
  return problems;
}

function checkBySchema(tool: AnyTool, params: Json, unknown: readonly string[], pointer: string): GraphError[] {
  const code = 'invalid_params' as const;
  try {
    const parsed = tool.params?.safeParse(params);
    if (parsed === undefined || parsed.success) return [];
    const issues = parsed.error.issues
      .map(({ path, message }) => ({ place: toPointer(path), message }))
      .filter(({ place }) => !isTouchedByTemplate(place, unknown));
    const problems = issues
      .slice(0, MAX_PARAM_PROBLEMS)
      .map(({ place, message }) => ({ pointer: pointer + place, code, message: messageOf(message) }));
    const more = issues.length - problems.length;
    if (more > 0) problems.push({ pointer, code, message: `The params have ${more} more problems.` });
    return problems;
  } catch (thrown) {
    const message = `The tool "${tool.name}" could not check the params: ${messageOf(thrown)}`;
    return [{ pointer, code, message }];
  }
}

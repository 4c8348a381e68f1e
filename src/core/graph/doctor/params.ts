import { messageOf } from '../../base/errors.js';
import { type Json, toPointer } from '../../base/json.js';
import type { Steps } from '../../base/steps.js';
import { compileTemplate, createTouchCheck } from '../../expressions/templates.js';
import { compileSchemas } from '../../json-schema/compile-schemas.js';
import { schemasIn } from '../../tool/param-schemas.js';
import type { AnyTool } from '../../tool/tool.js';
import { type NodeDefinition, paramsOf } from '../definition.js';
import type { GraphError } from './codes.js';
import { type ExpressionBudget, expressionsIn } from './expressions.js';

/** Most problems reported for the params of one node. */
const MAX_PARAM_PROBLEMS = 20;

/** What is wrong with the params of a node, and the secrets that they name. */
export interface ParamsFindings {
  readonly problems: GraphError[];
  readonly secretNames: readonly string[];
}

/**
 * Checks the params of a node: their expressions, and the rest by the tool's schema. What the schema finds at, under or
 * above an expression is dropped, since it depends on a value that only the call knows.
 * @param tool undefined if it is not registered
 */
export function* checkParams(
  node: NodeDefinition,
  tool: AnyTool | undefined,
  pointer: string,
  budget: ExpressionBudget,
): Steps<ParamsFindings> {
  const params = paramsOf(node);
  const problems: GraphError[] = [];
  if (!budget.allows(yield* expressionsIn(params), pointer, problems)) return { problems, secretNames: [] };
  const { template, problems: found } = yield* compileTemplate(params, { secrets: tool?.secrets === true });
  const isUnknown = createTouchCheck([...template.dynamicPointers, ...found.map((problem) => problem.pointer)]);
  problems.push(...found.map((problem) => ({ ...problem, pointer: pointer + problem.pointer })));
  if (tool !== undefined) {
    yield* compileSchemas(schemasIn(tool, template.preview));
    problems.push(...checkBySchema(tool, template.preview, isUnknown, pointer));
  }
  yield;
  return { problems, secretNames: template.secretNames };
}

function checkBySchema(
  tool: AnyTool,
  params: Json,
  isUnknown: (place: string) => boolean,
  pointer: string,
): GraphError[] {
  const code = 'invalid_params' as const;
  try {
    const parsed = tool.params?.safeParse(params);
    if (parsed === undefined || parsed.success) return [];
    const issues = parsed.error.issues
      .map(({ path, message }) => ({ place: toPointer(path), message }))
      .filter(({ place }) => !isUnknown(place));
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

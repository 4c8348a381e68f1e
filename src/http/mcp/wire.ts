import type { McpWire } from '../../mcp/wire.js';
import { toConditionList } from '../graphs/conditions.js';
import { toGraph } from '../graphs/get.js';
import { toGraphList } from '../graphs/list.js';
import { toToolList } from '../graphs/tools.js';
import { toRunDiff } from '../runs/diff.js';
import { toStepList } from '../runs/steps.js';
import { toRunList, toRunState } from '../runs/wire.js';

/** What tools of the MCP server answer looks as in the REST API. */
export const MCP_WIRE: McpWire = {
  runState: (view) => toRunState(view),
  stepList: toStepList,
  runList: toRunList,
  runDiff: toRunDiff,
  graph: toGraph,
  graphList: toGraphList,
  toolList: toToolList,
  conditionList: toConditionList,
};

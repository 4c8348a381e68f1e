import type { Registry } from '../../tool/registry.js';
import { type CallSetting, UNUSED_SETTINGS } from '../../tool/tool.js';
import type { GraphDefinition, NodeDefinition } from '../definition.js';
import { retryRulesOf } from '../error-entries.js';
import type { GraphWarning } from './codes.js';

/** Warns of fields that say how a tool is called, at nodes whose tool does nothing but wait. */
export function warnOfSettings({ nodes }: GraphDefinition, registry: Registry): GraphWarning[] {
  return nodes.flatMap((node, index) => {
    const { [UNUSED_SETTINGS]: reasons = {}, errors = [] } = registry.tools.get(node.tool_name) ?? {};
    return Object.entries(reasons)
      .filter(([name]) => node[name as CallSetting] !== undefined)
      .filter(([name]) => name !== 'retry' || errors.length === 0 || !namesErrors(node, errors))
      .map(([name, reason]) => ({
        pointer: `/nodes/${index}/${name}`,
        code: 'unused_setting',
        message: `"${name}" does nothing for "${node.tool_name}". ${reason}`,
      }));
  });
}

/** A policy that names the error of a wait has its tool called again. */
function namesErrors(node: NodeDefinition, errors: readonly string[]): boolean {
  return retryRulesOf(node, '').some(({ on, when }) => on?.some((code) => errors.includes(code)) ?? when !== undefined);
}

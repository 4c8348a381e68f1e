import type { Registry } from '../../tool/registry.js';
import { type CallSetting, UNUSED_SETTINGS } from '../../tool/tool.js';
import type { GraphDefinition } from '../definition.js';
import type { GraphWarning } from './codes.js';

/** Warns of fields that say how a tool is called, at nodes whose tool does nothing but wait. */
export function warnOfSettings({ nodes }: GraphDefinition, registry: Registry): GraphWarning[] {
  return nodes.flatMap((node, index) => {
    const { [UNUSED_SETTINGS]: reasons = {} } = registry.tools.get(node.tool_name) ?? {};
    return Object.entries(reasons)
      .filter(([name]) => node[name as CallSetting] !== undefined)
      .map(([name, reason]) => ({
        pointer: `/nodes/${index}/${name}`,
        code: 'unused_setting',
        message: `"${name}" does nothing for "${node.tool_name}". ${reason}`,
      }));
  });
}

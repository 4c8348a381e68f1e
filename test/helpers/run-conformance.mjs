// Runs the MCP conformance suite on Node 20: the suite imports `globSync` of `node:fs`, which comes with Node 22, and calls it
// for none of what is tested here.
import { register } from 'node:module';

const SOURCE = "export * from 'node:fs'; export { default } from 'node:fs'; export const globSync = undefined;";

const FS = JSON.stringify(`data:text/javascript,${encodeURIComponent(SOURCE)}`);

const HOOKS = `
export async function resolve(specifier, context, next) {
  if (specifier === 'fs' && context.parentURL?.includes('/conformance/'))
    return { url: ${FS}, shortCircuit: true };
  return next(specifier, context);
}`;

register(`data:text/javascript,${encodeURIComponent(HOOKS)}`);
await import('@modelcontextprotocol/conformance/dist/index.js');

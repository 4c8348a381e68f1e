import type { ASTNode } from '@marcbachmann/cel-js';
import { positionOf } from './parts.js';
import { ExpressionError } from './values.js';

/**
 * Refuses an expression that changes a secret or decides by it. Masks find a value as it is, and in text; what a function
 * makes of it, or a comparison tells of it, would be stored for all to read.
 *
 * A secret can be the whole, be joined to text by `+`, stand in a list or a map, and be chosen by what is no secret.
 * @throws ExpressionError
 */
export function refuseRecoding(node: ASTNode): void {
  if (isSecret(node)) return;
  const { kept, used } = operandsOf(node);
  for (const part of kept) refuseRecoding(part);
  for (const part of used) refuseSecrets(part);
}

/** The operands that stand in the value as they are, and those that it is made from in another way. */
function operandsOf(node: ASTNode): { kept: readonly ASTNode[]; used: readonly ASTNode[] } {
  switch (node.op) {
    case '+':
    case 'list':
      return { kept: node.args, used: [] };
    case 'map':
      return { kept: node.args.flat(), used: [] };
    case '?:':
      return { kept: node.args.slice(1), used: [node.args[0]] };
    case '.':
    case '.?':
      return { kept: [node.args[0]], used: [] };
    case '[]':
    case '[?]':
      return { kept: [node.args[0]], used: [node.args[1]] };
    // Whatever else there is, or will be, changes its operands.
    default:
      return { kept: [], used: partsOf(node.args) };
  }
}

function refuseSecrets(node: ASTNode): void {
  if (isSecret(node)) {
    const hint = 'Join it to text with "+", or write the text around the expression.';
    throw new ExpressionError('A secret is used as it is: it cannot be changed or compared.', positionOf(node), hint);
  }
  for (const part of partsOf(node.args)) refuseSecrets(part);
}

/** True for `secrets.NAME`: the compiler has refused all else that could be made of `secrets`. */
function isSecret(node: ASTNode): boolean {
  return node.op === '.' && node.args[0].op === 'id' && node.args[0].args === 'secrets';
}

/** The nodes among the arguments of a node, whose shape depends on its kind. */
function partsOf(args: unknown): ASTNode[] {
  if (Array.isArray(args)) return args.flatMap(partsOf);
  return typeof args === 'object' && args !== null && 'op' in args ? [args as ASTNode] : [];
}

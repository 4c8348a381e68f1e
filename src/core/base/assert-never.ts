/**
 * Ends an exhaustive switch: it compiles only if every case before it returns. A new member of the union then fails to
 * compile wherever it is not handled.
 * A function whose every case returns needs it only where a value from outside can break its type: without a default,
 * the compiler finds the missing return itself.
 * @throws Error always; it is reached only if a value breaks its type.
 *
 * @example
 * switch (edge.kind) {
 *   case 'plain':
 *     return edge.to;
 *   default:
 *     return assertNever(edge);
 * }
 */
export function assertNever(value: never): never {
  throw new Error(`Not handled: ${JSON.stringify(value)}`);
}

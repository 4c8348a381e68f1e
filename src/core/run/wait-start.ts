import { definedOnly } from '../base/defined-only.js';
import type { GraphWait, WaitRequest } from '../tool/wait.js';
import type { WaitStart } from './events.js';

/** A wait that a tool asks for and that needs no other graph. */
export type OwnWait = Exclude<WaitRequest, GraphWait>;

/**
 * What is stored of a wait that a tool asked for.
 * @param node the name of the key that gets the answer, if the tool names none
 * @param until when it ends by itself, in milliseconds since 1970; null: never
 */
export function startOfWait(request: OwnWait, node: string, until: number | null = request.until ?? null): WaitStart {
  switch (request.kind) {
    case 'timer':
      return { kind: 'timer', until, save_as: node };
    case 'input': {
      const { message, schema, saveAs: save_as = node } = request;
      return { kind: 'input', until, message, ...definedOnly({ schema }), save_as };
    }
    case 'signal': {
      const { name: signal, schema, saveAs: save_as = node } = request;
      return { kind: 'signal', until, signal, ...definedOnly({ schema }), save_as };
    }
  }
}

import { definedOnly } from '../base/defined-only.js';
import type { RunEvent } from '../run/events.js';
import { branchOf, inShort, type TraceStep, type World } from './world.js';

/** What an event adds to the trace of a world: the end of a try of a step, or of branches. */
export function stepOf(event: RunEvent, { label, frame }: World): TraceStep | undefined {
  const branch = branchOf(frame);
  const inBranch = definedOnly({ branch: branch.length > 0 ? branch : undefined });
  switch (event.type) {
    case 'step.completed': {
      const { step, node, patch, decision, next } = event;
      return { step, node, ...inBranch, outcome: label ?? inShort(patch), toNode: next ?? decision?.to_node ?? null };
    }
    case 'step.failed': {
      const { step, node, error, decision, next } = event;
      // A try that is followed by another one stays at its node.
      const toNode = next ?? decision?.to_node ?? null;
      return { step, node, ...inBranch, outcome: label ?? error.code, toNode };
    }
    case 'branches.joined': {
      const { step, node, error, to_node: toNode } = event;
      return { step, node, ...inBranch, outcome: error?.code ?? 'joined', toNode };
    }
    default:
      return undefined;
  }
}

import { FOLLOWS_FROM_PARAMS } from '../tool/tool.js';
import type { Decision, EventRecord, RunError } from '../run/events.js';
import type { FindingCode } from './codes.js';
import type { Places } from './places.js';
import type { Frame } from './world.js';

/** What is wrong, and where. */
export interface Diagnosed {
  readonly code: FindingCode;
  readonly pointer: string;
  readonly node: string;
  readonly message: string;
  /** It is as likely as anything that fails: nothing is wrong with the graph itself. */
  readonly isWarning: boolean;
}

/** Errors of runs at a limit. */
const LIMITS: readonly string[] = [
  'max_steps_exceeded',
  'max_tokens_exceeded',
  'max_cost_exceeded',
  'max_visits_exceeded',
  'no_progress',
  'deadline_exceeded',
  'depth_exceeded',
];
/** Errors with findings of their own, which those of the runs above would only repeat. */
const OWN_FINDINGS: readonly unknown[] = [
  ...LIMITS,
  'expression_failed',
  'invalid_params',
  'condition_failed',
  'join_failed',
];

/** Errors that a step has only if something outside of it fails. */
const OF_OTHERS: readonly string[] = ['wait_expired', 'invalid_signal', 'child_failed', 'queue_full'];

/** True for an error of a run at one of its limits. */
export function isLimitError({ code }: RunError): boolean {
  return LIMITS.includes(code);
}

/** True if a run failed because its graph says so: with the tool `fail`, for example. */
export function isDeliberate({ code, node }: RunError, { graph }: Frame): boolean {
  const tool = graph.nodes.get(node ?? '')?.tool;
  return tool?.[FOLLOWS_FROM_PARAMS] === true && !OF_OTHERS.includes(code) && !OWN_FINDINGS.includes(code);
}

/** What a run that fails tells of its graph; undefined if the graph is meant to fail, or another finding says it. */
export function diagnoseFailure(
  error: RunError,
  before: EventRecord | undefined,
  frame: Frame,
  places: Places,
): Diagnosed | undefined {
  const node = error.node ?? frame.graph.entryPoint;
  const found = (code: FindingCode, pointer: string, isWarning = false): Diagnosed => {
    return { code, pointer, node, message: error.message, isWarning };
  };
  const decision = decisionOf(before);
  switch (error.code) {
    case 'expression_failed':
      if (decision === undefined) return found('expression_fails', places.params(node, error.message));
      return found(
        error.message.includes('must be a list') ? 'items_no_list' : 'expression_fails',
        places.decision(node, decision),
      );
    case 'invalid_params':
      return found('invalid_params', places.params(node, error.message));
    case 'condition_failed':
      return found(
        error.message.endsWith('which is no node.') ? 'invalid_outcome' : 'condition_fails',
        places.decision(node, decision ?? { kind: 'condition', to_node: null }),
      );
    case 'join_failed':
      return found('join_conflict', places.branches(node));
    case 'branch_failed':
      return OWN_FINDINGS.includes(causeOf(error)) ? undefined : found('branch_failed', places.branches(node), hasCause(error));
    default:
      if (isLimitError(error)) return found('limit_reached', places.node(node), true);
      if (isDeliberate(error, frame) || frame.state.parent?.kind === 'branch') return undefined;
      return found('unhandled_failure', places.node(node), true);
  }
}

/** The decision that could not be made when a step was completed. */
function decisionOf(before: EventRecord | undefined): Decision | undefined {
  const event = before?.event;
  return event?.type === 'step.completed' ? (event.decision ?? undefined) : undefined;
}

/** The code of the error that a branch was lost by. */
function causeOf({ details }: RunError): unknown {
  const { error } = (details ?? {}) as { readonly error?: { readonly code?: string } | null };
  return error?.code;
}

function hasCause(error: RunError): boolean {
  return error.details !== undefined;
}

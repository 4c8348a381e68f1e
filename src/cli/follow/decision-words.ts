import type { Decision } from '../../core/run/events.js';
import { cutTo, inOneLine } from '../output.js';

/** Most values that a choice is shown to have read, and the longest of them. */
const MAX_READS = 2;
const MAX_VALUE = 40;

/** Where a run went, and why: `→ approve (case data.approved; data.approved = true)`. Empty if it went nowhere. */
export function describeDecision(decision: Decision | null | undefined, next: string | null | undefined): string {
  const to = decision?.to_node ?? next;
  if (decision === null || decision === undefined || decision.kind === 'edge') return arrow(to);
  const reasons = [reasonOf(decision), ...readsOf(decision)].filter((reason) => reason !== '');
  return [arrow(to), reasons.length === 0 ? '' : `(${reasons.join('; ')})`].filter((part) => part !== '').join(' ');
}

function arrow(to: string | null | undefined): string {
  return to === null || to === undefined ? '' : `→ ${to}`;
}

function reasonOf({ kind, condition, outcome }: Decision): string {
  switch (kind) {
    case 'condition':
      return `${condition ?? 'condition'} said ${outcome ?? 'nothing'}`;
    case 'case':
      return condition === undefined ? 'otherwise' : `case ${inOneLine(condition)}`;
    case 'error':
      return 'on_error';
    case 'parallel':
      return 'branches side by side';
    case 'for_each':
      return 'a branch for each item';
    case 'edge':
      return '';
  }
}

function readsOf({ read = [] }: Decision): string[] {
  return read.slice(0, MAX_READS).map((one) => {
    const value = 'value' in one ? JSON.stringify(one.value) : `${one.type} of ${one.size}`;
    return `${one.path} = ${cutTo(inOneLine(value), MAX_VALUE)}`;
  });
}

/**
 * How a wait ends: answered; by its signal, or by one that does not fit its schema; its time is over (a timer, a delay), or
 * over without an answer or a signal; its child has ended; the limit that the run had come to was lifted.
 */
export type WaitOutcome = 'answered' | 'signalled' | 'refused' | 'elapsed' | 'expired' | 'joined' | 'lifted';

/** What a kind of wait is: all that depends on the kind. */
type WaitRules =
  /** Child runs are under way. The run goes on when all have ended; it has no time of its own. */
  | { readonly hasChildren: true; readonly isForPerson: false }
  | {
      readonly hasChildren: false;
      /** A person answers it; until then the run is at rest. */
      readonly isForPerson: boolean;
      /** How it ends by itself, when its time is over. */
      readonly outcome: Extract<WaitOutcome, 'elapsed' | 'expired'>;
      /** What the run does then: complete the step, fail it because nobody answered, or call its tool again. */
      readonly atTime: 'complete' | 'fail' | 'call';
    }
  /**
   * The run is paused, or has come to a limit. That has no time, and is no call of a tool: the run goes on when somebody says
   * so, or gives it a higher limit.
   */
  | { readonly hasChildren: false; readonly isForPerson: boolean };

const WAITS = {
  timer: { hasChildren: false, isForPerson: false, outcome: 'elapsed', atTime: 'complete' },
  input: { hasChildren: false, isForPerson: true, outcome: 'expired', atTime: 'fail' },
  // Programs send signals. Nobody is asked, so nobody who waits for questions is told.
  signal: { hasChildren: false, isForPerson: false, outcome: 'expired', atTime: 'fail' },
  retry: { hasChildren: false, isForPerson: false, outcome: 'elapsed', atTime: 'call' },
  graph: { hasChildren: true, isForPerson: false },
  branches: { hasChildren: true, isForPerson: false },
  paused: { hasChildren: false, isForPerson: false },
  limit: { hasChildren: false, isForPerson: true },
} as const satisfies Readonly<Record<string, WaitRules>>;

export type WaitKind = keyof typeof WAITS;
export const WAIT_KINDS = Object.keys(WAITS) as readonly WaitKind[];

/** A wait for child runs, or one of a step for a time, a person or a signal. */
export type ChildrenWaitKind = { [K in WaitKind]: (typeof WAITS)[K]['hasChildren'] extends true ? K : never }[WaitKind];
export type OpenWaitKind = Exclude<WaitKind, ChildrenWaitKind | 'paused' | 'limit'>;

/** True for the kinds of waits that a step has without child runs. */
export function isOpenWaitKind(kind: unknown): kind is OpenWaitKind {
  return WAIT_KINDS.some((each) => each === kind && 'outcome' in WAITS[each]);
}

/** True if a person answers this kind of wait. Until then the run is at rest. */
export function isForPerson(kind: WaitKind): boolean {
  return WAITS[kind].isForPerson;
}

/** The kinds of waits that a person ends. */
export const PERSON_WAIT_KINDS: readonly WaitKind[] = WAIT_KINDS.filter(isForPerson);

/** The kinds of waits for which a run has child runs under way. */
export const CHILDREN_WAIT_KINDS: readonly ChildrenWaitKind[] = WAIT_KINDS.filter(hasChildren);

/** True if a run that waits for this has child runs under way. */
export function hasChildren(kind: WaitKind): kind is ChildrenWaitKind {
  return WAITS[kind].hasChildren;
}

/** How a wait that has no children ends when its time is over, and what the run does then. */
export function endOfTime(
  kind: OpenWaitKind,
): Pick<Extract<WaitRules, { readonly outcome: WaitOutcome }>, 'outcome' | 'atTime'> {
  return WAITS[kind];
}

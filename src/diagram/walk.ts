import { END } from '../core/graph/definition.js';
import type { Decision, EventOf, EventRecord } from '../core/run/events.js';
import { type JournalListener, readEvent } from '../core/run/journal-reading.js';
import { linkKey } from './model.js';

export interface WalkedLink {
  readonly from: string;
  readonly to: string;
  readonly count: number;
  /** From where branches began to where they joined: diagrams draw it only if none of the branches leads there. */
  readonly isJoin: boolean;
}

/** Where a run has been, counted from its journal. */
export interface Walk {
  /** Seq of the last event that is counted. */
  readonly seq: number;
  /** How often each node was begun. */
  readonly visits: ReadonlyMap<string, number>;
  /** How often each node failed, and its run, or the edge of its branches, took another way. */
  readonly failures: ReadonlyMap<string, number>;
  /** How often each link was taken, by {@link linkKey} of its ends' names. */
  readonly links: ReadonlyMap<string, WalkedLink>;
  /** The node where the run is, or stopped. */
  readonly at: string | null;
  readonly state: 'active' | 'waiting' | 'completed' | 'failed' | 'cancelled';
  /** It is a part of another run, on the graph of that one. */
  readonly isBranch: boolean;
  /** How many branches it began. */
  readonly branchCount: number;
}

/** Counts the events of a run as they are read. */
export class Walker implements Walk, JournalListener {
  seq = 0;
  readonly visits = new Map<string, number>();
  readonly failures = new Map<string, number>();
  readonly links = new Map<string, WalkedLink>();
  at: string | null = null;
  state: Walk['state'] = 'active';
  isBranch = false;
  branchCount = 0;
  /** The step that was begun last: the journal of a fork or a retry can name one twice. */
  #step = 0;
  /** It waits for runs inside it, or did when it ended: a retry waits for them again. */
  #hasChildren = false;
  /** It rests because somebody paused it. */
  #isPaused = false;
  /** Of a branch: the node before which it ends. */
  #joinNode: string | undefined;

  /** Takes the next record of the journal. */
  read({ seq, event }: EventRecord): void {
    this.seq = seq;
    readEvent(event, this);
  }

  onRunSubmitted({ parent, join_node: joinNode }: EventOf<'run.submitted'>): void {
    this.isBranch = parent?.kind === 'branch';
    this.#joinNode = joinNode;
  }

  onVisitBegun(step: number, node: string): void {
    this.at = node;
    this.state = 'active';
    if (step <= this.#step) return;
    this.#step = step;
    this.visits.set(node, (this.visits.get(node) ?? 0) + 1);
  }

  onStepCompleted({ step, node, decision }: EventOf<'step.completed'>): void {
    this.#endCall(step, node);
    // Branches begin and join in events of their own.
    const isBranching = decision?.kind === 'parallel' || decision?.kind === 'for_each';
    if (typeof decision?.to_node === 'string' && !isBranching) this.#take(node, decision.to_node);
  }

  onAttemptFailed({ step, node, retry_at: retryAt }: EventOf<'step.failed'>): void {
    this.#endCall(step, node);
    if (retryAt !== undefined) this.state = 'waiting';
  }

  onErrorEdgeTaken({ node }: EventOf<'step.failed'>, { to_node: to }: Decision): void {
    this.#fail(node);
    if (to !== null) this.#take(node, to);
  }

  onWaitStarted({ wait }: EventOf<'wait.started'>): void {
    this.#wait(wait.kind === 'graph');
  }

  onWaitEnded(): void {
    this.#hasChildren = false;
    this.state = 'active';
  }

  onRunPaused(): void {
    this.state = 'waiting';
    this.#isPaused = true;
  }

  /** A run that waits for something else stays so. */
  onRunUnpaused(): void {
    if (this.#isPaused) this.state = 'active';
    this.#isPaused = false;
  }

  onLimitReached(): void {
    this.state = 'waiting';
  }

  onBranchesStarted({ kind, node, to_nodes: toNodes, count }: EventOf<'branches.started'>): void {
    this.#wait(true);
    this.branchCount += count;
    for (const to of toNodes) this.#take(node, to, { times: kind === 'for_each' ? count : 1 });
  }

  onBranchesJoined({ node, to_node: to, error }: EventOf<'branches.joined'>): void {
    if (error !== undefined) this.#fail(node);
    this.#take(node, to, { isJoin: error === undefined });
    this.#hasChildren = false;
  }

  onRunRetried({ step, node }: EventOf<'run.retried'>): void {
    if (step !== undefined && node !== undefined) this.onVisitBegun(step, node);
    this.state = this.#hasChildren ? 'waiting' : 'active';
  }

  onRunForked({ step, node }: EventOf<'run.forked'>): void {
    this.onVisitBegun(step, node);
  }

  onRunCompleted({ reason }: EventOf<'run.completed'>): void {
    if (reason === 'no_edge' && this.at !== null) this.#take(this.at, this.#joinNode ?? END);
    this.#end('completed', null);
  }

  onRunFailed({ error }: EventOf<'run.failed'>): void {
    this.#end('failed', error.node ?? this.at);
  }

  onRunCancelled(): void {
    this.#end('cancelled', this.at);
  }

  #endCall(step: number, node: string): void {
    // A fork has no event for the beginning of a step that a retry began in the run that it copies.
    this.onVisitBegun(step, node);
    this.#hasChildren = false;
  }

  #wait(hasChildren: boolean): void {
    this.state = 'waiting';
    this.#hasChildren = hasChildren;
  }

  #end(state: Walk['state'], at: string | null): void {
    this.state = state;
    this.at = at;
    this.#isPaused = false;
  }

  #fail(node: string): void {
    this.failures.set(node, (this.failures.get(node) ?? 0) + 1);
  }

  #take(from: string, to: string, { times = 1, isJoin = false } = {}): void {
    if (times === 0) return;
    const key = linkKey(from, to);
    const known = this.links.get(key);
    this.links.set(key, {
      from,
      to,
      count: (known?.count ?? 0) + times,
      isJoin: isJoin && known?.isJoin !== false,
    });
  }
}

import type { EventOf, EventRecord } from '../core/run/events.js';
import { linkKey } from './model.js';

export interface WalkedLink {
  readonly from: string;
  readonly to: string;
  readonly count: number;
  /** From where branches began to where they joined: pictures draw it only where none of the branches leads there. */
  readonly isJoin: boolean;
}

/** Where a run has been, counted from its journal. */
export interface Walk {
  /** Seq of the last event that is counted. */
  readonly seq: number;
  /** How often each node was begun. */
  readonly visits: ReadonlyMap<string, number>;
  /** How often each link was taken, by {@link linkKey} of its ends' names. */
  readonly links: ReadonlyMap<string, WalkedLink>;
  /** The node where the run is, or stopped. */
  readonly at: string | null;
  readonly state: 'active' | 'waiting' | 'completed' | 'failed' | 'cancelled';
  /** It is a part of another run, on the graph of that one. */
  readonly isBranch: boolean;
  /** It has branches. */
  readonly hasBranches: boolean;
}

/** Counts the events of a run as they are read. */
export class Walker implements Walk {
  seq = 0;
  readonly visits = new Map<string, number>();
  readonly links = new Map<string, WalkedLink>();
  at: string | null = null;
  state: Walk['state'] = 'active';
  isBranch = false;
  hasBranches = false;
  /** The step that was begun last: the journal of a fork or a retry may tell of one twice. */
  #step = 0;
  /** It waits for runs inside it, or did when it ended: a retry waits for them again. */
  #hasChildren = false;
  /** Of a branch: the node before which it ends. */
  #joinNode: string | undefined;

  read({ seq, event }: EventRecord): void {
    this.seq = seq;
    switch (event.type) {
      case 'run.submitted':
        this.isBranch = event.parent?.kind === 'branch';
        this.#joinNode = event.join_node;
        break;
      case 'run.started':
        this.#begin(event.next, event.step ?? 1);
        break;
      case 'step.completed':
      case 'step.failed':
        this.#stepEnded(event);
        break;
      case 'wait.started':
        this.#wait(event.wait.kind === 'graph');
        break;
      case 'wait.ended':
        this.#hasChildren = false;
        this.state = 'active';
        break;
      case 'branches.started':
        this.#branchesStarted(event);
        break;
      case 'branches.joined':
        this.#take(event.node, event.to_node, { isJoin: event.error === undefined });
        this.#hasChildren = false;
        this.#goOn(event);
        break;
      case 'run.retried':
        if (event.node !== undefined && event.step !== undefined) this.#begin(event.node, event.step);
        this.state = this.#hasChildren ? 'waiting' : 'active';
        break;
      case 'run.forked':
        this.#begin(event.node, event.step);
        break;
      case 'run.completed':
        if (event.reason === 'no_edge' && this.at !== null && this.#joinNode !== undefined) {
          this.#take(this.at, this.#joinNode);
        }
        this.#end('completed', null);
        break;
      case 'run.failed':
        this.#end('failed', event.error.node ?? this.at);
        break;
      case 'run.cancelled':
        this.#end('cancelled', this.at);
        break;
      default:
    }
  }

  #wait(hasChildren: boolean): void {
    this.state = 'waiting';
    this.#hasChildren = hasChildren;
  }

  #stepEnded(event: EventOf<'step.completed'> | EventOf<'step.failed'>): void {
    const { decision, node, step } = event;
    // A fork has no event for the beginning of a step that a retry began in the run that it copies.
    this.#begin(node, step);
    this.#hasChildren = false;
    if (event.type === 'step.failed' && event.retry_at !== undefined) this.state = 'waiting';
    // Branches begin and join in events of their own.
    const isBranching = decision?.kind === 'parallel' || decision?.kind === 'for_each';
    if (typeof decision?.to_node === 'string' && !isBranching) this.#take(node, decision.to_node);
    this.#goOn({ step, next: event.next ?? null });
  }

  #branchesStarted({ kind, node, to_nodes, count }: EventOf<'branches.started'>): void {
    this.#wait(true);
    this.hasBranches = true;
    for (const to of to_nodes) this.#take(node, to, { times: kind === 'for_each' ? count : 1 });
  }

  #goOn({ step, next }: { readonly step: number; readonly next: string | null }): void {
    if (next !== null) this.#begin(next, step + 1);
  }

  #begin(node: string, step: number): void {
    this.at = node;
    this.state = 'active';
    if (step <= this.#step) return;
    this.#step = step;
    this.visits.set(node, (this.visits.get(node) ?? 0) + 1);
  }

  #end(state: Walk['state'], at: string | null): void {
    this.state = state;
    this.at = at;
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

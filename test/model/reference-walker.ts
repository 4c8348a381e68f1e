import type { Json, JsonObject } from '../../src/core/base/json.js';
import { choose, paramsOf, type Way } from './reference-choice.js';
import { detailsOf, errorOf, exitFor, type Failure, type Sequel, sequelOf } from './reference-errors.js';
import { completedOf, decisionOf, joinOf, shortageOf } from './reference-join.js';
import { outcomeOf } from './reference-outcome.js';
import { correct, deathIn, isPausedAt, togglesOf, whenUnpaused } from './reference-pauses.js';
import {
  cancel,
  edgeOf,
  end,
  endOf,
  fail,
  goTo,
  isLost,
  isOver,
  momentsOf,
  NEVER,
  newRun,
  nodeOf,
  type Run,
  restart,
  set,
  stepTo,
} from './reference-run.js';
import { drop, inOrder, timesOf } from './reference-signals.js';
import {
  answerAt,
  type Behaviour,
  behaviourAt,
  type Case,
  type Death,
  durationAt,
  mayDie,
  type Outcome,
  patchOf,
  RETRY_GAP_MS,
  signalAt,
} from './script.js';

/** How the engine says what is wrong with a patch. */
const JUNK: Readonly<Record<string, string>> = {
  number: 'The tool returned a number, not a plain object.',
  nan: 'The tool returned a patch that is not JSON: NaN is not JSON at /n.',
};
const THROWS: readonly Behaviour['does'][] = ['throw', 'fatal', 'retryable', 'refuse', 'complain'];
/** Milliseconds that a tool has to let go. */
const GRACE_MS = 5000;

/**
 * Says what must become of a run: walks its graph and its script, one run after the other. Null where two things happen
 * at the same moment, so that more than one end is right.
 * @param deaths of servers, which matter to what is paused then
 */
export function walk(generated: Case, deaths: readonly Death[] = []): Outcome | null {
  return new Walker(generated, deaths).walk();
}

class Walker {
  #hasTies = false;

  constructor(
    private readonly generated: Case,
    private readonly deaths: readonly Death[],
  ) {}

  walk(): Outcome | null {
    const { graphs, input, maxSteps, deadlineSeconds: seconds, rounds } = this.generated;
    const signals = inOrder(this.generated.signals);
    const toggles = togglesOf(this.generated.toggles, []);
    const begins = { deadlineSeconds: seconds, now: -RETRY_GAP_MS };
    const run = newRun(graphs[0]!, input, maxSteps, { ...begins, signals, toggles });
    run.moments.push(...timesOf(run), ...this.generated.toggles.map(({ after }) => after));
    for (const { cancelAfter, maxSteps: limit, ...correction } of rounds) {
      const now = run.now + RETRY_GAP_MS;
      if (run.status !== 'SUBMITTED') {
        if (!isLost(run) || run.at!.step > (limit ?? run.maxSteps)) break;
        correct(run, correction);
        restart(run, limit ?? run.maxSteps);
        // One that has ended refuses them.
        drop(run, ({ after }) => after > run.now && after < now);
      }
      run.since = now;
      run.moments.push(now);
      run.deadline = seconds === null ? NEVER : now + Math.round(seconds * 1000);
      const cancelAt = now + (cancelAfter ?? NEVER);
      run.moments.push(...[cancelAt, run.deadline].filter(Number.isFinite));
      this.#drive(run, now, cancelAt);
    }
    const moments = momentsOf(run);
    return this.#hasTies || new Set(moments).size < moments.length ? null : outcomeOf(run);
  }

  /** Walks until the run has ended, or waits for good. */
  #drive(run: Run, now: number, cancelAt: number): void {
    Object.assign(run, { status: 'RUNNING', now, cancelAt });
    while (run.status === 'RUNNING') {
      if (run.family !== null) this.#tend(run, run.family);
      else if (run.at !== null && isOver(run)) break;
      else if (isPausedAt(run, run.now)) this.#sleep(run, whenUnpaused(run, run.now));
      else if (run.at === null) goTo(run, run.entry);
      else this.#goOn(run);
    }
  }

  #goOn(run: Run): void {
    const { result } = run;
    run.result = null;
    if (result !== null) this.#finish(run, result);
    else if (run.isDone) this.#leave(run);
    else this.#call(run);
  }

  #call(run: Run): void {
    const rendered = paramsOf(run);
    if ('params' in rendered) this.#callWith(run, rendered.params);
    else this.#failed(run, { ...rendered.error!, isFatal: true });
  }

  #callWith(run: Run, params: JsonObject): void {
    const { tool_name: tool } = nodeOf(run);
    if (tool === 'run_graph') this.#runGraph(run, params);
    else if (tool === 'wait_for_input') this.#ask(run, params, answerAt(run.at!), 'Nobody answered in time.');
    else if (tool === 'wait_for_signal') this.#waitForSignal(run, params);
    else if (tool !== 'delay') this.#scripted(run, params);
    else if (this.#sleep(run, this.#endOfWait(run, Number(params.seconds)))) this.#finish(run, {});
  }

  #runGraph(run: Run, { graph_id: id, input = null }: JsonObject): void {
    const graph = this.generated.graphs.find(({ graph_id }) => graph_id === id)!;
    run.children.push(newRun(graph, input, 1000, { deadline: run.deadline, ...this.#inside(run, 0) }));
    run.family = { size: 1, isGraph: true };
  }

  #inside({ path, now }: Run, index: number) {
    const place = [...path, index];
    return { path: place, toggles: togglesOf(this.generated.toggles, place), since: now };
  }

  /** When a wait that begins now is over: its time is looked at when nothing pauses the run. */
  #endOfWait(run: Run, seconds: number): number {
    return whenUnpaused(run, run.now + Math.round(seconds * 1000));
  }

  #ask(run: Run, params: JsonObject, answer: Json, tooLate: string): void {
    const { node } = run.at!;
    const isAnswered = this.generated.answered.includes(node);
    const answered = run.now + (isAnswered ? durationAt({ ...run.at!, attempt: 0, index: run.branch?.index }) : NEVER);
    const expires = run.now + Math.round(Number(params.expires_in_seconds ?? NEVER) * 1000);
    if (answered === expires && answered !== NEVER) this.#hasTies = true;
    if (!this.#sleep(run, answered < expires ? answered : whenUnpaused(run, expires))) return;
    if (answered < expires) run.result = { [node]: answer };
    else this.#failed(run, { code: 'wait_expired', message: tooLate });
  }

  /** Takes the oldest signal that is there, or waits for one that fits: those that do not are refused meanwhile. */
  #waitForSignal(run: Run, params: JsonObject): void {
    const { name } = params;
    const tooLate = `The signal "${name}" did not come in time.`;
    if (run.signals === null) {
      this.#ask(run, params, signalAt(run.at!), tooLate);
      return;
    }
    const ofName = run.signals.filter((signal) => signal.name === name);
    const begins = run.now;
    const signal = ofName.find(({ after, payload }) => after <= begins || payload !== 'misfit');
    const expires = begins + Math.round(Number(params.expires_in_seconds ?? NEVER) * 1000);
    const isKept = signal !== undefined && signal.after <= begins;
    const comes = signal?.after ?? NEVER;
    if (comes === expires && comes !== NEVER) this.#hasTies = true;
    if (!isKept && !this.#sleepFor(run, name, comes, expires)) return;
    if (comes > expires || signal === undefined) {
      this.#failed(run, { code: 'wait_expired', message: tooLate });
      return;
    }
    // It is a moment of its own already.
    if (!isKept) run.moments.pop();
    drop(run, (one) => one === signal);
    if (signal.payload !== 'misfit') run.result = { [run.at!.node]: signal.payload };
    else {
      const message = `The signal "${name}", which came before the wait, does not fit its schema: Must be integer.`;
      this.#failed(run, { code: 'invalid_signal', message, isFatal: true });
    }
  }

  #sleepFor(run: Run, name: unknown, comes: number, expires: number): boolean {
    const begins = run.now;
    const isOn = this.#sleep(run, comes < expires ? comes : whenUnpaused(run, expires));
    const over = Math.min(run.now, expires);
    drop(run, (one) => one.name === name && one.payload === 'misfit' && one.after > begins && one.after < over);
    return isOn;
  }

  #scripted(run: Run, params: JsonObject): void {
    const place = { ...run.at!, index: run.branch?.index };
    const behaviour = behaviourAt(this.generated.script, place);
    const { does, logs } = behaviour;
    if (this.#isLost(run, behaviour)) return;
    const { cause, isCutOff, timeout } = this.#take(run, behaviour);
    if (logs && !(isCutOff && mayDie(this.generated))) run.logs.push(`try ${place.attempt}`);
    const throws = isCutOff || THROWS.includes(does);
    const late = `The step took longer than its timeout of ${timeout} s.`;
    if (cause === 'timeout') this.#failed(run, { code: 'timeout', message: late });
    else if (throws && cause === 'deadline') {
      this.#failed(run, { code: 'deadline_exceeded', message: 'The run reached its deadline.' });
    } else if (throws) {
      this.#failed(run, thrownBy(behaviour));
    } else if (does in JUNK) this.#failed(run, { code: 'invalid_patch', message: JUNK[does]! });
    else this.#finish(run, (patchOf(behaviour, run.data, params) ?? {}) as JsonObject);
  }

  /** True for a call that a server dies of while the run is paused: it is not made again before that is over. */
  #isLost(run: Run, { isSync }: Behaviour): boolean {
    const takes = isSync && run.at!.step > 1 ? 0 : durationAt({ ...run.at!, index: run.branch?.index });
    const death = deathIn(run, Math.min(run.now + takes, run.cancelAt), this.deaths);
    if (death === undefined) return false;
    // Then it depends on which of them was first.
    const { at } = death;
    if (at === run.cancelAt || run.toggles.some(({ after }) => after === at)) this.#hasTies = true;
    run.now = at;
    return true;
  }

  /** A call takes its time, and is cut off by a cancel, its timeout or the deadline: at once, or after a grace. */
  #take(run: Run, { does, isSync, isStubborn }: Behaviour) {
    const timeout = nodeOf(run).timeout_seconds ?? 600;
    if (isSync && run.at!.step > 1 && does !== 'hang') return { cause: null, isCutOff: false, timeout };
    const takes = does === 'hang' ? NEVER : durationAt({ ...run.at!, index: run.branch?.index });
    const ends = run.now + takes;
    const cuts = { cancel: run.cancelAt, deadline: run.deadline, timeout: run.now + timeout * 1000 };
    const [first, cut] = Object.entries(cuts).sort((a, b) => a[1] - b[1])[0]!;
    const isCut = cut <= ends;
    const grace = isStubborn ? GRACE_MS : 0;
    run.now = isCut ? Math.min(ends, cut + grace) : ends;
    this.#lookForTies([ends, ...Object.values(cuts)], run.now, cut);
    if (run.now !== run.cancelAt && run.now !== run.deadline) run.moments.push(run.now);
    return { cause: isCut ? first : null, isCutOff: isCut && run.now < ends, timeout };
  }

  /** Two reasons to end a call at the same moment. */
  #lookForTies(reasons: readonly number[], lets: number, cut: number): void {
    const first = reasons.filter((moment) => moment === Math.min(...reasons));
    if (first.length > 1 || (lets > cut && reasons.slice(1).includes(lets))) this.#hasTies = true;
  }

  /** Lets time pass; false where the run is cancelled or comes to its deadline before, or waits for good. */
  #sleep(run: Run, until: number): boolean {
    if (until === run.cancelAt && until !== NEVER) this.#hasTies = true;
    run.now = Math.min(until, run.cancelAt, run.deadline);
    if (run.now === NEVER) run.status = 'WAITING';
    else if (run.now === run.cancelAt) cancel(run);
    else if (run.now >= run.deadline) isOver(run);
    else if (run.toggles.every(({ after }) => after !== run.now)) run.moments.push(run.now);
    return run.status === 'RUNNING';
  }

  #finish(run: Run, patch: JsonObject): void {
    set(run, patch);
    this.#leave(run);
  }

  /** Chooses the way on from a node whose tool is done. */
  #leave(run: Run): void {
    run.stepCount = run.at!.step;
    run.isDone = true;
    const { to, isConditional, starts, error } = choose(run);
    if (to !== undefined && isConditional) run.logs.push(`Condition met. Routing to: ${to}`);
    if (run.cancelAt <= run.now) {
      if (to !== undefined) stepTo(run, to);
      cancel(run);
    } else if (error !== undefined) fail(run, error.code, error.message);
    // Then the way is chosen again.
    else if (starts !== undefined && isPausedAt(run, run.now)) return;
    else if (starts !== undefined) this.#split(run, starts);
    else if (to !== undefined) goTo(run, to);
    else end(run, 'COMPLETED', 'No outgoing edge found. Stopping.');
  }

  #split(run: Run, starts: NonNullable<Way['starts']>): void {
    const shortage = shortageOf(edgeOf(run)!, starts.length);
    if (shortage !== undefined) {
      const nothing = starts.map(() => null);
      this.#joinFailed(run, shortage, nothing);
      return;
    }
    run.logs.push(`Started ${starts.length} ${starts.length === 1 ? 'branch' : 'branches'}.`);
    const { graph, input, maxSteps, deadline, data } = run;
    const join = edgeOf(run)!.join_node;
    for (const [index, { entry, item }] of starts.entries()) {
      const more = { entry, data, deadline, branch: { index, item, join }, ...this.#inside(run, index) };
      run.children.push(newRun(graph, input, maxSteps, more));
    }
    run.family = { size: starts.length, isGraph: false };
    if (starts.length === 0) this.#join(run, []);
  }

  /** Tries how far the children come; then again, with all cancelled when their join is decided; and joins them. */
  #tend(run: Run, { size, isGraph }: NonNullable<Run['family']>): void {
    const before = run.children.slice(-size);
    const trial = this.#runAll(run, before, () => run.cancelAt);
    const decided = decisionOf(run.now, before, trial, isGraph ? undefined : edgeOf(run));
    if (decided?.isTie) this.#hasTies = true;
    const cancelAt = Math.min(run.cancelAt, decided?.at ?? NEVER);
    const after = this.#runAll(run, before, (index) => (index === decided?.by ? run.cancelAt : cancelAt));
    run.children.splice(-size, size, ...after);
    run.now = Math.max(run.now, ...after.map((child) => child.now));
    if (run.now === NEVER) run.status = 'WAITING';
    else if (run.cancelAt <= run.now) cancel(run);
    else if (isGraph) this.#returned(run, after[0]!);
    else this.#join(run, after);
  }

  /** A few at a time, in order; each up to its moment of cancelling. Those that had ended begin again. Works on copies. */
  #runAll(run: Run, children: readonly Run[], cancelAtOf: (index: number) => number): Run[] {
    const slots = Array.from({ length: edgeOf(run)?.max_parallel ?? 10 }, () => run.now);
    return children.map((original, index) => {
      if (original.status === 'COMPLETED') return original;
      const child = structuredClone(original);
      const cancelAt = cancelAtOf(index);
      const slot = slots.indexOf(Math.min(...slots));
      const begins = slots[slot]!;
      if (begins < cancelAt) {
        child.deadline = run.deadline;
        if (isLost(child)) {
          restart(child, Math.max(child.maxSteps, run.maxSteps));
          child.since = begins;
        }
        this.#drive(child, begins, cancelAt);
        slots[slot] = child.now;
      } else if (child.status === 'SUBMITTED' && cancelAt !== NEVER) {
        child.now = cancelAt;
        cancel(child);
      }
      return child;
    });
  }

  #join(run: Run, children: readonly Run[]): void {
    const joined = joinOf(run, children);
    if ('failure' in joined) {
      const those = children.filter(({ status }) => status === 'COMPLETED');
      this.#joinFailed(run, joined.failure, completedOf(children, those));
      return;
    }
    run.logs.push(joined.line);
    this.#joined(run, joined.patch, edgeOf(run)!.join_node);
  }

  #joinFailed(run: Run, failure: Failure, completed: Json): void {
    const { code, message, details } = failure;
    const seen = { ...failure, details: { ...(details as JsonObject | undefined), completed } };
    const exitTo = exitFor(edgeOf(run)!.on_error, run, seen);
    if (exitTo === undefined) fail(run, code, message, details);
    else {
      run.logs.push(`Join failed: ${message}`);
      this.#joined(run, errorOf(run, seen), exitTo);
    }
  }

  #joined(run: Run, patch: JsonObject, to: string): void {
    run.family = null;
    set(run, patch);
    goTo(run, to);
  }

  /** A graph that ran as a step has ended. */
  #returned(run: Run, child: Run): void {
    const message = `Run <run> of graph "${child.graph.graph_id}" ${endOf(child)}`;
    const failure = { code: 'child_failed', message, details: detailsOf(child) };
    const { next, exit } = sequelOf(run, failure);
    if (!isLost(child)) {
      run.family = null;
      this.#finish(run, { [nodeOf(run).name]: child.data });
    } else if ((next === undefined && exit === undefined) || run.now >= run.deadline) {
      // The child is kept: a retry goes on in it.
      if (!isOver(run)) fail(run, 'child_failed', message, failure.details);
    } else {
      run.family = null;
      this.#failed(run, failure);
    }
  }

  /** A failed try: there is another one, or the run takes a way for errors, or fails. */
  #failed(run: Run, failure: Failure): void {
    const { code, message, details } = failure;
    const { node, step, tries, attempt, policies } = run.at!;
    if (run.cancelAt <= run.now) {
      cancel(run);
      return;
    }
    const { next, exit, notes }: Sequel = run.now < run.deadline ? sequelOf(run, failure) : { notes: [] };
    run.logs.push(...notes, `Error in node ${node}: ${message}`);
    if (exit !== undefined) {
      run.stepCount = step;
      set(run, errorOf(run, failure));
      goTo(run, exit);
      return;
    }
    const by = typeof next?.index === 'number' ? [...policies, next.index] : policies;
    run.at = { node, step, attempt: attempt + 1, tries: tries + 1, policies: by };
    if (isOver(run)) return;
    if (next === undefined) fail(run, code, message, details);
    else this.#delay(run, next, failure);
  }

  #delay(run: Run, { policy, tries }: NonNullable<Sequel['next']>, { retryAfter }: Failure): void {
    const { interval_seconds: first, backoff_rate: rate, max_delay_seconds: longest = NEVER, jitter } = policy;
    const seconds = Math.min(first * rate ** (tries - 1), longest) * (jitter === 'full' ? 0.5 : 1);
    const delay = retryAfter ?? Math.round(seconds * 1000);
    if (delay > 0) this.#sleep(run, whenUnpaused(run, run.now + delay));
  }
}

function thrownBy({ does, value }: Behaviour): Failure {
  const hasKind = does === 'refuse' || does === 'complain';
  const kind = hasKind ? { code: does, details: { value } } : { code: 'tool_failed' };
  const retryAfter = does === 'retryable' ? { retryAfter: value * 300 } : {};
  return { ...kind, message: `no ${value}`, isFatal: does === 'fatal' || does === 'refuse', ...retryAfter };
}

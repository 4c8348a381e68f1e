import { useRef } from 'preact/hooks';
import { ApiError, getJson, getTagged, hasKey, type Tagged } from './api.js';
import { shortId } from './format.js';
import { useLoaded, useTick } from './hooks.js';
import { Ago, AnswerLink, Failure, Heading, RunLink } from './parts.js';
import { AnswerForm } from './run/actions.js';
import { decisionOf } from './schema-decision.js';
import { QUESTION_EXAMPLES } from './triggers/documents.js';
import { Empty, Item, pathOfPage, usePages } from './triggers/parts.js';
import type { RunList, RunState, RunSummary } from './wire-types.js';

const REFRESH_MS = 2000;
/** What people can answer, by what the run waits for. */
const KINDS = ['input', 'limit', 'signal'] as const;
/** Few, since the state of each run is read: only that has the question. */
const PAGE = '20';

type Kind = (typeof KINDS)[number];

interface Question {
  readonly run: RunSummary;
  /** `undefined` if the run cannot be read. */
  readonly state: RunState | undefined;
}

type KnownStates = Map<string, Tagged<RunState>>;

/** Reads the questions of a page. What was known before, and has not changed, is not sent again. */
async function loadQuestions(path: string, kind: Kind, known: KnownStates, signal: AbortSignal) {
  const { runs, next_cursor } = await getJson<RunList>(path, signal);
  const read: KnownStates = new Map();
  const questions = runs.map(async (run): Promise<Question> => {
    // The question is wanted, and no line of the log.
    const path = `graph/state/${run.run_id}?logs_after=${Number.MAX_SAFE_INTEGER}`;
    try {
      const tagged = await getTagged(path, known.get(run.run_id), signal);
      read.set(run.run_id, tagged);
      return { run, state: tagged.value };
    } catch (error) {
      if (error instanceof ApiError && error.status !== 401) return { run, state: undefined };
      throw error;
    }
  });
  const all = await Promise.all(questions);
  known.clear();
  for (const [runId, tagged] of read) known.set(runId, tagged);
  // Some may have been answered since the list was read.
  return { questions: all.filter(({ state }) => state === undefined || state.waiting?.kind === kind), next_cursor };
}

const CHOICES: Readonly<Record<Kind, string>> = { input: 'Answers', limit: 'Higher limits', signal: 'Signals' };

/** Everything that waits for the answer of a person, in one list. The oldest run comes first. */
export function InboxView({ query }: { query: URLSearchParams }) {
  const kind = KINDS.find((each) => each === query.get('waiting_for')) ?? 'input';
  const { cursor, buttons } = usePages();
  const known = useRef<KnownStates>(new Map());
  const path = pathOfPage('graph/runs', { waiting_for: kind, order: 'asc', limit: PAGE, cursor });
  const { value, error, reload } = useLoaded(
    (signal) => loadQuestions(path, kind, known.current, signal),
    [path],
    REFRESH_MS,
  );
  useTick(true);
  return (
    <>
      <Heading>Inbox</Heading>
      <p class="quiet">What waits for a person, the oldest run first.</p>
      <fieldset class="choices plain" aria-label="What is waited for">
        {KINDS.map((each) => (
          <a
            key={each}
            href={each === 'input' ? '#/inbox' : `#/inbox?waiting_for=${each}`}
            {...(each === kind ? { 'aria-current': 'true' as const } : {})}
          >
            {CHOICES[each]}
          </a>
        ))}
      </fieldset>
      <Failure message={error} />
      {value === undefined && error === undefined ? <p class="quiet">Loading…</p> : null}
      {value?.questions.length === 0 && cursor === undefined && kind !== 'input' ? (
        <p class="quiet">Nothing waits for this.</p>
      ) : null}
      {value?.questions.length === 0 && cursor === undefined && kind === 'input' ? (
        <Empty examples={QUESTION_EXAMPLES}>
          <p>
            Nothing waits for an answer. A graph asks with the tool <code>wait_for_input</code>. This makes such a
            graph, and starts a run of it:
          </p>
        </Empty>
      ) : null}
      <ul class="items">
        {value?.questions.map((question) => (
          <QuestionItem key={question.run.run_id} {...question} onDone={reload} />
        ))}
      </ul>
      {buttons(value?.next_cursor)}
    </>
  );
}

function QuestionItem({ run, state, onDone }: Question & { readonly onDone: () => void }) {
  const waiting = state?.waiting;
  const href = `#/runs/${run.run_id}`;
  return (
    <Item
      heading={
        <>
          <a href={`#/graphs/${encodeURIComponent(run.graph_id)}`}>{run.graph_id}</a>
          {waiting ? ` at ${waiting.node}` : ''}
        </>
      }
      aside={
        <a class="button" href={href} aria-label={`Answer ${run.graph_id}, run ${shortId(run.run_id)}`}>
          Answer
        </a>
      }
    >
      {waiting ? (
        <>
          <p class="message question">{question(waiting.message)}</p>
          <p class="quiet">
            Asked <Ago iso={waiting.since} /> by run <RunLink id={run.run_id} />
            <Branch run={run} />
            {waiting.until === null ? null : (
              <>
                ; it stops waiting <Ago iso={waiting.until} />
              </>
            )}
            {state.paused ? '; it is paused, and goes on when it is unpaused' : ''}.
          </p>
          <p class="quiet">
            Can be answered by {hasKey() ? 'anyone with a key that may write' : 'anyone who can reach this server'}
            {waiting.answer_url === undefined ? '' : ', and by whoever has the link'}.
          </p>
          {decisionOf(waiting.schema ?? {}) === undefined ? (
            <details class="fold">
              <summary>Answer here</summary>
              <AnswerForm runId={run.run_id} waiting={waiting} onDone={onDone} />
            </details>
          ) : (
            <AnswerForm runId={run.run_id} waiting={waiting} onDone={onDone} />
          )}
          <AnswerLink url={waiting.answer_url} />
        </>
      ) : (
        <p class="bad">The run cannot be read. Its page says why.</p>
      )}
    </Item>
  );
}

const LONGEST_QUESTION = 600;

/** The question, cut: the page of the run shows all of it. */
function question(message: string | null): string {
  if (message === null) return 'It does not say what it wants to know.';
  return message.length > LONGEST_QUESTION ? `${message.slice(0, LONGEST_QUESTION)}…` : message;
}

/** Which part of which run asks, if it is a part. */
function Branch({ run: { parent_run_id: parent, branch } }: { run: RunSummary }) {
  if (parent === null) return null;
  return (
    <>
      , {branch === null ? 'a branch' : `branch “${branch}”`} of <RunLink id={parent} />
    </>
  );
}

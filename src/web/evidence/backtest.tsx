import { useState } from 'preact/hooks';
import { post } from '../api.js';
import { useAction } from '../hooks.js';
import { counted, Fact, Failure, RunLink } from '../parts.js';
import type { Backtest, BacktestGroup, BacktestUnknown, Usage } from '../wire-types.js';
import { Difference } from './divergence.js';
import { describeBacktest, describeEnds, describePlace } from './words.js';

const MAX_RUNS = 10_000;

/** Tries a graph on the past runs of another version of it. No tool is called. */
export function Backtester(props: { path: string; document: unknown; isReady: boolean }) {
  const [limit, setLimit] = useState('1000');
  const [report, setReport] = useState<Backtest>();
  const backtest = useAction(async () =>
    setReport(await post<Backtest>(`${props.path}/backtest`, { graph: props.document, limit: Number(limit) })),
  );
  return (
    <>
      <div class="actions">
        <button type="button" class="primary" onClick={backtest.run} disabled={!props.isReady || backtest.busy}>
          Try on past runs
        </button>
        <label>
          the latest{' '}
          <input
            type="number"
            class="short"
            min={1}
            max={MAX_RUNS}
            value={limit}
            onInput={(event) => setLimit(event.currentTarget.value)}
          />
        </label>
      </div>
      <p role="status" class="verdict">
        {backtest.busy ? 'Replaying…' : report === undefined ? '' : describeBacktest(report)}
      </p>
      <Failure message={backtest.error} />
      {report === undefined ? null : <BacktestReport report={report} />}
    </>
  );
}

function BacktestReport({ report }: { report: Backtest }) {
  const ends = describeEnds(report);
  return (
    <section class="report" aria-label="Past runs">
      {ends.length === 0 ? null : (
        <>
          <h3>Ends that change</h3>
          <ul>
            {ends.map((end) => (
              <li key={end}>{end}</li>
            ))}
          </ul>
        </>
      )}
      <dl class="facts">
        <Fact name={`Steps of ${counted(report.complete, 'run')}`}>
          {report.steps.was}, would be {report.steps.would_be}
        </Fact>
        {totalOf(report.usage.was) + totalOf(report.usage.would_be) === 0 ? null : (
          <Fact name="Tokens">
            {totalOf(report.usage.was)}, would be {totalOf(report.usage.would_be)}
          </Fact>
        )}
      </dl>
      {report.groups.map((group) => (
        <Diverged key={JSON.stringify([group.at, group.was.text, group.would_be.text])} group={group} />
      ))}
      {report.unknown_groups.map((group) => (
        <Unknown key={`${group.what} ${group.node}`} group={group} />
      ))}
    </section>
  );
}

function totalOf({ input_tokens: input, output_tokens: output }: Usage): number {
  return input + output;
}

function Diverged({ group }: { group: BacktestGroup }) {
  const { at, was, would_be: wouldBe, count, read, examples } = group;
  const place = describePlace(at);
  return (
    <section class="group" aria-label={`Another way at ${place}`}>
      <h3>
        {counted(count, 'run')} would go another way at {place}
      </h3>
      <Difference label={place} was={was} wouldBe={wouldBe} read={read}>
        <Examples runs={examples} />
      </Difference>
    </section>
  );
}

function Unknown({ group: { node, message, count, examples } }: { group: BacktestUnknown }) {
  return (
    <section class="group" aria-label={`Unknown${node === null ? '' : ` at ${node}`}`}>
      <h3>
        Nothing is known of {counted(count, 'run')}
        {node === null ? '' : `, from ${node} on`}
      </h3>
      <p>{message}</p>
      <Examples runs={examples} />
    </section>
  );
}

function Examples({ runs }: { runs: readonly string[] }) {
  if (runs.length === 0) return null;
  return (
    <p class="examples">
      <span class="quiet">For example</span>{' '}
      {runs.map((id) => (
        <span key={id}>
          <RunLink id={id} />{' '}
        </span>
      ))}
    </p>
  );
}

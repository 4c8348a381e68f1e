import { getJson, post } from '../api.js';
import { duration, pretty } from '../format.js';
import { useAction, useLoaded, useTick } from '../hooks.js';
import { CALLBACK_STATUSES, NOTIFY_EVENTS } from '../kinds.js';
import { Ago, Code, Fact, Failure, Heading, Panel, RunLink, Time } from '../parts.js';
import type { Delivery, DeliveryAttempt, DeliveryList, DeliveryStatus, DeliverySummary } from '../wire-types.js';
import { CALLBACK_EXAMPLE } from './documents.js';
import { Badge, Empty, pathOfPage, Table, usePages } from './parts.js';

const REFRESH_MS = 2000;
const PAGE = '50';

const STATUSES = Object.keys(CALLBACK_STATUSES) as readonly DeliveryStatus[];

/** What runs have told others, newest first. The filters are in the address. */
export function CallbacksView({ query }: { query: URLSearchParams }) {
  const { cursor, buttons } = usePages();
  const status = query.get('status') ?? undefined;
  const runId = query.get('run_id') ?? undefined;
  const path = pathOfPage('deliveries', { status, run_id: runId, limit: PAGE, cursor });
  const { value, error, reload } = useLoaded((signal) => getJson<DeliveryList>(path, signal), [path], REFRESH_MS);
  useTick(true);
  const isFiltered = status !== undefined || runId !== undefined || cursor !== undefined;
  return (
    <>
      <Heading>Callbacks</Heading>
      {runId === undefined ? null : (
        <p>
          Of run <RunLink id={runId} />
        </p>
      )}
      <StatusLinks current={status} runId={runId} />
      <Failure message={error} />
      {value === undefined && error === undefined ? <p class="quiet">Loading…</p> : null}
      {value?.deliveries.length === 0 ? (
        isFiltered ? (
          <p class="quiet">No callbacks.</p>
        ) : (
          <Empty examples={[CALLBACK_EXAMPLE]}>
            <p>
              Runs can tell other programs what becomes of them. None has yet. This starts one that does, if the server
              has the secret <code>SECRET_CALLBACKS</code>:
            </p>
          </Empty>
        )
      ) : null}
      {value === undefined || value.deliveries.length === 0 ? null : (
        <Table
          label="Table of callbacks"
          columns={['Status', 'Tells that the run', 'Run', 'To', 'Since', 'Tries', 'Next try', 'Action']}
        >
          {value.deliveries.map((delivery) => (
            <CallbackRow key={delivery.delivery_id} delivery={delivery} onChange={reload} />
          ))}
        </Table>
      )}
      {buttons(value?.next_cursor)}
    </>
  );
}

function StatusLinks({ current, runId }: { current: string | undefined; runId: string | undefined }) {
  return (
    <nav class="choices" aria-label="Status">
      {[undefined, ...STATUSES].map((status) => (
        <a
          key={status}
          href={`#/${pathOfPage('callbacks', { status, run_id: runId })}`}
          aria-current={status === current ? 'true' : 'false'}
        >
          {status === undefined ? 'All' : CALLBACK_STATUSES[status].text}
        </a>
      ))}
    </nav>
  );
}

function useRetry(id: string, onChange: () => void) {
  return useAction(() => post(`deliveries/${encodeURIComponent(id)}/retry`).then(onChange));
}

function CallbackRow({ delivery, onChange }: { delivery: DeliverySummary; onChange: () => void }) {
  const { delivery_id: id, status, event, url } = delivery;
  const retry = useRetry(id, onChange);
  return (
    <tr>
      <td>
        <Badge {...CALLBACK_STATUSES[status]} />
      </td>
      <td>
        <a href={`#/callbacks/${encodeURIComponent(id)}`}>{NOTIFY_EVENTS[event]}</a>
      </td>
      <td>
        <RunLink id={delivery.run_id} />
      </td>
      <td>
        <span class="cut" title={url}>
          {url}
        </span>
      </td>
      <td class="nowrap">
        <Ago iso={delivery.created_at} />
      </td>
      <td>{delivery.tries}</td>
      <td class="nowrap">
        <Ago iso={delivery.next_at} />
      </td>
      <td>
        <RetryButton delivery={delivery} retry={retry} />
        <Failure message={retry.error} />
      </td>
    </tr>
  );
}

function RetryButton(props: { delivery: DeliverySummary; retry: { run: () => void; busy: boolean } }) {
  const { delivery, retry } = props;
  if (delivery.status === 'delivered') return null;
  const text = delivery.status === 'pending' ? 'Try now' : 'Try again';
  return (
    <button
      type="button"
      aria-disabled={retry.busy}
      onClick={() => {
        if (!retry.busy) retry.run();
      }}
    >
      {text}
    </button>
  );
}

/** One callback: its tries, and what is sent. */
export function CallbackView({ deliveryId }: { deliveryId: string }) {
  const path = `deliveries/${encodeURIComponent(deliveryId)}`;
  const { value, error, reload } = useLoaded((signal) => getJson<Delivery>(path, signal), [path], REFRESH_MS);
  useTick(true);
  return (
    <>
      <Heading>
        Callback <code>{deliveryId}</code>
      </Heading>
      <Failure message={error} />
      {value === undefined ? null : <Callback delivery={value} onChange={reload} />}
    </>
  );
}

function Callback({ delivery, onChange }: { delivery: Delivery; onChange: () => void }) {
  const { status, event, url, secret } = delivery;
  const retry = useRetry(delivery.delivery_id, onChange);
  return (
    <>
      <section class="summary" aria-label="Summary">
        <p class="summary-line">
          <span role="status">
            <Badge {...CALLBACK_STATUSES[status]} />
          </span>
        </p>
        <dl class="facts">
          <Fact name="Tells that the run">{NOTIFY_EVENTS[event]}</Fact>
          <Fact name="Run">
            <RunLink id={delivery.run_id} />
          </Fact>
          <Fact name="To">
            <span class="cut" title={url}>
              {url}
            </span>
          </Fact>
          <Fact name="Signed with">
            <code>SECRET_{secret}</code>
          </Fact>
          <Fact name="Stored">
            <Ago iso={delivery.created_at} />
          </Fact>
          {status === 'pending' ? (
            <Fact name="Next try">
              {delivery.next_at === null ? 'after an earlier one' : <Ago iso={delivery.next_at} />}
            </Fact>
          ) : (
            <Fact name="Settled">
              <Ago iso={delivery.settled_at} />
            </Fact>
          )}
        </dl>
        <div class="actions">
          <RetryButton delivery={delivery} retry={retry} />
          <Failure message={retry.error} />
        </div>
      </section>
      <div class="columns">
        <Panel title="Tries" aside={<span class="quiet">the latest 30</span>}>
          <Attempts attempts={delivery.attempts} />
        </Panel>
        <Panel title="What is sent">
          <Code text={`POST ${url}`} label="Address" />
          <Code text={pretty(delivery.payload)} label="Body of the callback" />
        </Panel>
      </div>
    </>
  );
}

function Attempts({ attempts }: { attempts: readonly DeliveryAttempt[] }) {
  if (attempts.length === 0) return <p class="quiet">None yet.</p>;
  return (
    <Table label="Table of tries" columns={['At', 'Took', 'Answer']}>
      {attempts.toReversed().map((attempt) => (
        <tr key={attempt.at}>
          <td class="nowrap">
            <Time iso={attempt.at} />
          </td>
          <td class="nowrap">{duration(attempt.ms)}</td>
          <td class="notes">{attempt.status ?? <span class="bad">{attempt.error}</span>}</td>
        </tr>
      ))}
    </Table>
  );
}

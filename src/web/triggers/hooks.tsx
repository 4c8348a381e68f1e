import { ApiError, getJson, put } from '../api.js';
import { brief, pretty } from '../format.js';
import { useAction, useLoaded, useTick } from '../hooks.js';
import { HOOK_OUTCOMES } from '../kinds.js';
import { Ago, Code, counted, Fact, Failure, Heading, Panel, RunLink } from '../parts.js';
import type { Hook, HookDelivery, HookDeliveryList, HookList } from '../wire-types.js';
import { HOOK_EXAMPLE, replaceHook } from './documents.js';
import { Badge, Empty, EnabledBadge, Item, pathOfPage, Table, Toggle, usePages } from './parts.js';

const REFRESH_MS = 3000;
/** Few, since each hook is asked for what it was sent last. */
const PAGE = '20';

interface ListedHook {
  readonly hook: Hook;
  readonly last: HookDelivery | undefined;
}

async function loadHooks(path: string, signal: AbortSignal) {
  const { hooks, next_cursor } = await getJson<HookList>(path, signal);
  const listed = await Promise.all(hooks.map((hook) => withLast(hook, signal)));
  return { hooks: listed.filter((each) => each !== undefined), next_cursor };
}

/** A hook with what it was sent last; `undefined` if it was deleted in the meantime. */
async function withLast(hook: Hook, signal: AbortSignal): Promise<ListedHook | undefined> {
  const path = `hooks/${encodeURIComponent(hook.hook_id)}/deliveries?limit=1`;
  try {
    return { hook, last: (await getJson<HookDeliveryList>(path, signal)).deliveries[0] };
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return undefined;
    throw error;
  }
}

/** All hooks: what each does, and what it was sent last. */
export function HooksView() {
  const { cursor, buttons } = usePages();
  const path = pathOfPage('hooks', { limit: PAGE, cursor });
  const { value, error, reload } = useLoaded((signal) => loadHooks(path, signal), [path], REFRESH_MS);
  useTick(true);
  return (
    <>
      <Heading>Hooks</Heading>
      <Failure message={error} />
      {value === undefined && error === undefined ? <p class="quiet">Loading…</p> : null}
      {value?.hooks.length === 0 && cursor === undefined ? (
        <Empty examples={[HOOK_EXAMPLE]}>
          <p>
            A hook is an address that other services send their events to, signed. Each can start a run, send a signal
            or answer a wait. There is none yet. This makes one for GitHub, if the server has the secret{' '}
            <code>SECRET_GITHUB</code>:
          </p>
        </Empty>
      ) : null}
      <ul class="items">
        {value?.hooks.map(({ hook, last }) => (
          <HookItem key={hook.hook_id} hook={hook} last={last} onChange={reload} />
        ))}
      </ul>
      {buttons(value?.next_cursor)}
    </>
  );
}

/** Reads the hook first, so that what others have changed in the meantime stays. */
async function setEnabled(hookId: string, enabled: boolean): Promise<void> {
  const path = `hooks/${encodeURIComponent(hookId)}`;
  await put(path, replaceHook(await getJson<Hook>(path), enabled));
}

function HookItem({ hook, last, onChange }: ListedHook & { onChange: () => void }) {
  const { hook_id: id, enabled = true } = hook;
  const toggle = useAction(() => setEnabled(id, !enabled).then(onChange));
  return (
    <Item
      heading={<a href={`#/hooks/${encodeURIComponent(id)}`}>{id}</a>}
      aside={
        <>
          <EnabledBadge enabled={enabled} />
          <Toggle name={id} enabled={enabled} busy={toggle.busy} change={toggle.run} />
        </>
      }
      error={toggle.error}
    >
      <HookFacts hook={hook} last={last} />
    </Item>
  );
}

function HookFacts({ hook, last }: ListedHook) {
  const { verify, refusals } = hook;
  return (
    <dl class="facts">
      <Fact name="A delivery">
        <Action hook={hook} />
      </Fact>
      <Fact name="Signed">
        {verify.scheme === 'none' ? <span class="bad">not at all: anybody can send</span> : verify.scheme}
        {verify.secret === undefined ? null : (
          <span class="quiet">
            {' '}
            with <code>SECRET_{verify.secret}</code>
          </span>
        )}
      </Fact>
      <Fact name="Address">
        <code>{hook.delivery_url ?? hook.delivery_path}</code>
      </Fact>
      <Fact name="Last delivery">
        {last === undefined ? (
          <span class="quiet">none in the last week</span>
        ) : (
          <>
            <Badge {...HOOK_OUTCOMES[last.outcome]} /> <Ago iso={last.received_at} />{' '}
            {last.run_id === null ? null : <RunLink id={last.run_id} />}
          </>
        )}
      </Fact>
      {refusals.count === 0 ? null : (
        <Fact name="Refused">
          {counted(refusals.count, 'request')}
          <span class="quiet">
            , the last <Ago iso={refusals.last_at} />: {refusals.last_reason}
          </span>
        </Fact>
      )}
    </dl>
  );
}

/** What a delivery to a hook does. */
function Action({ hook }: { hook: Hook }) {
  switch (hook.action) {
    case 'start':
      return (
        <>
          starts a run of <a href={`#/graphs/${encodeURIComponent(hook.graph_id ?? '')}`}>{hook.graph_id}</a>
        </>
      );
    case 'signal':
      return (
        <>
          sends the signal <code>{hook.signal}</code>
        </>
      );
    case 'answer':
      return <>answers a wait</>;
  }
}

/** One hook: what it was sent, and its definition. */
export function HookView({ hookId }: { hookId: string }) {
  const path = `hooks/${encodeURIComponent(hookId)}`;
  const { cursor, buttons } = usePages();
  const deliveriesPath = pathOfPage(`${path}/deliveries`, { limit: '50', cursor });
  const { value, error, reload } = useLoaded(
    (signal) => Promise.all([getJson<Hook>(path, signal), getJson<HookDeliveryList>(deliveriesPath, signal)]),
    [deliveriesPath],
    REFRESH_MS,
  );
  useTick(true);
  const [hook, list] = value ?? [];
  const enabled = hook?.enabled ?? true;
  const toggle = useAction(() => setEnabled(hookId, !enabled).then(reload));
  return (
    <>
      <Heading>
        Hook <code>{hookId}</code>
      </Heading>
      <Failure message={error} />
      {hook === undefined ? null : (
        <>
          <section class="summary" aria-label="Summary">
            <p class="summary-line">
              <EnabledBadge enabled={enabled} />
            </p>
            <HookFacts hook={hook} last={cursor === undefined ? list?.deliveries[0] : undefined} />
            <div class="actions">
              <Toggle name={hookId} enabled={enabled} busy={toggle.busy} change={toggle.run} />
              <Failure message={toggle.error} />
            </div>
          </section>
          <Panel title="Deliveries" aside={<span class="quiet">of the last week</span>}>
            <HookDeliveries deliveries={list?.deliveries ?? []} />
            {buttons(list?.next_cursor)}
          </Panel>
          <details class="panel">
            <summary>Definition</summary>
            <Code text={pretty(replaceHook(hook, enabled))} label="Definition" />
          </details>
        </>
      )}
    </>
  );
}

function HookDeliveries({ deliveries }: { deliveries: readonly HookDelivery[] }) {
  if (deliveries.length === 0) return <p class="quiet">None yet. Requests with a wrong signature are only counted.</p>;
  return (
    <Table label="Deliveries to the hook" columns={['Outcome', 'Received', 'Run', 'Id', 'Notes']}>
      {deliveries.map((each) => (
        <tr key={`${each.received_at} ${each.delivery_id} ${each.run_id}`}>
          <td>
            <Badge {...HOOK_OUTCOMES[each.outcome]} />
          </td>
          <td class="nowrap">
            <Ago iso={each.received_at} />
          </td>
          <td>{each.run_id === null ? '–' : <RunLink id={each.run_id} />}</td>
          <td>
            <code title={each.delivery_id ?? ''}>{each.delivery_id === null ? '–' : brief(each.delivery_id, 40)}</code>
          </td>
          <td class="notes">
            {each.code === null ? null : <code>{each.code}</code>} <span class="bad">{each.detail}</span>
          </td>
        </tr>
      ))}
    </Table>
  );
}

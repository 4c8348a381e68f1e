import { type ComponentChildren, render } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { forgetKey, getJson, hasKey, keepKey, whenUnauthorized } from './api.js';
import { CatalogueView } from './catalogue/catalogue.js';
import { VersionsView } from './editor/versions.js';
import { NewGraphView, WriteView } from './editor/write.js';
import { CapsuleView } from './evidence/capsule-view.js';
import { CapsuleOpener, type Opened, readFile, useDroppedFile } from './evidence/opener.js';
import { GraphView } from './graphs.js';
import { useLoaded } from './hooks.js';
import { InboxView } from './inbox.js';
import { GraphsView } from './lists/graphs.js';
import { RunsView } from './lists/runs.js';
import { Heading } from './parts.js';
import { nameOf, usePlace } from './place.js';
import { CompareView } from './run/compare.js';
import { RunView } from './run/run.js';
import { CallbacksView, CallbackView } from './triggers/callbacks.js';
import { HooksView, HookView } from './triggers/hooks.js';
import { SchedulesView, ScheduleView } from './triggers/schedules.js';
import type { RunCounts } from './wire-types.js';

/** The parts of the page: how their addresses begin, and their names. */
const SECTIONS = [
  ['graphs', 'Graphs'],
  ['catalogue', 'Tools'],
  ['runs', 'Runs'],
  ['inbox', 'Inbox'],
  ['schedules', 'Schedules'],
  ['hooks', 'Hooks'],
  ['callbacks', 'Callbacks'],
  ['capsule', 'Capsule'],
] as const;

function App() {
  const place = usePlace();
  const [wantsKey, setWantsKey] = useState(false);
  const { opened, open } = useOpened(() => setWantsKey(false));
  const isHeld = useDroppedFile(async (file) => open(await readFile(file)));
  /** Every view begins anew with a new key. */
  const [keys, setKeys] = useState(0);
  useEffect(() => whenUnauthorized(() => setWantsKey(true)), []);
  const section = place.split(/[/?]/)[1] ?? '';
  useEffect(() => {
    document.title = `${wantsKey ? 'API key' : (place.split('?')[0] ?? '').slice(1)} – graphrunner`;
  }, [place, wantsKey]);
  const unlock = (key: string): void => {
    keepKey(key);
    setWantsKey(false);
    setKeys(keys + 1);
  };
  const lock = (): void => {
    forgetKey();
    setWantsKey(true);
  };
  return (
    <CapsuleOpener.Provider value={open}>
      <button type="button" class="skip" onClick={() => document.getElementById('main')?.focus()}>
        Skip to content
      </button>
      <header class="top">
        <a class="brand" href="#/graphs">
          <img src="web/icon.svg" alt="" width="24" height="24" /> graphrunner
        </a>
        <nav aria-label="Main">
          {SECTIONS.map(([name, text]) => (
            <NavLink key={name} href={`#/${name}`} current={name === (section === 'new-graph' ? 'graphs' : section)}>
              {text} {name === 'inbox' && !wantsKey ? <WaitingCount key={keys} /> : null}
            </NavLink>
          ))}
          <a href="docs">API</a>
        </nav>
        {hasKey() && !wantsKey ? (
          <button type="button" class="plain" onClick={lock}>
            Forget the key
          </button>
        ) : null}
      </header>
      <main id="main" tabIndex={-1}>
        {wantsKey ? (
          <KeyForm onKey={unlock} />
        ) : (
          <View key={`${keys} ${nameOf(place)} ${opened?.id}`} place={place} opened={opened?.file} />
        )}
      </main>
      {isHeld ? <p class="drop-here">Drop a capsule to open it</p> : null}
    </CapsuleOpener.Provider>
  );
}

/** The capsule that is open, if any, and how another one is opened. Showing one needs no key. */
function useOpened(forgetWish: () => void) {
  const [opened, setOpened] = useState<{ id: number; file: Opened }>();
  const open = (file: Opened): void => {
    setOpened((before) => ({ id: (before?.id ?? 0) + 1, file }));
    forgetWish();
    location.hash = '#/capsule';
  };
  return { opened, open };
}

interface NavLinkProps {
  readonly href: string;
  readonly current: boolean;
  readonly children: ComponentChildren;
}

function NavLink({ href, current, children }: NavLinkProps) {
  return (
    <a href={href} {...(current ? { 'aria-current': 'page' as const } : {})}>
      {children}
    </a>
  );
}

const COUNT_MS = 10_000;

/** How many runs wait for the answer of a person. */
function WaitingCount() {
  const path = 'graph/runs/counts?waiting_for=input';
  const { value } = useLoaded((signal) => getJson<RunCounts>(path, signal), [], COUNT_MS);
  const count = value?.counts.WAITING ?? 0;
  return count === 0 ? null : (
    <span class="waiting-count" title="Runs that wait for an answer">
      {count.toLocaleString()}
    </span>
  );
}

function View({ place, opened }: { place: string; opened: Opened | undefined }) {
  const [path = '', search = ''] = place.split('?');
  const [, kind, id, part, other] = path.split('/').map(decoded);
  const query = new URLSearchParams(search);
  switch (kind) {
    case 'graphs':
      return graphPlace(id, part, query);
    // Not below the graphs: one of them can have this id.
    case 'new-graph':
      return <NewGraphView />;
    case 'catalogue':
      return <CatalogueView />;
    case 'runs':
      if (id !== undefined && part === 'compare') return <CompareView a={id} b={other} />;
      return id === undefined ? <RunsView query={query} /> : <RunView runId={id} query={query} />;
    case 'inbox':
      return <InboxView query={query} />;
    case 'schedules':
      return id === undefined ? (
        <SchedulesView graphId={query.get('graph_id') ?? undefined} />
      ) : (
        <ScheduleView scheduleId={id} />
      );
    case 'hooks':
      return id === undefined ? <HooksView /> : <HookView hookId={id} />;
    case 'callbacks':
      return id === undefined ? <CallbacksView query={query} /> : <CallbackView deliveryId={id} />;
    case 'capsule':
      return <CapsuleView opened={opened} />;
    default:
      return <Heading>There is nothing here</Heading>;
  }
}

function graphPlace(id: string | undefined, part: string | undefined, query: URLSearchParams) {
  if (id === undefined) return <GraphsView query={query} />;
  if (part === 'edit') return <WriteView graphId={id} />;
  if (part === 'versions') return <VersionsView graphId={id} query={query} />;
  return <GraphView graphId={id} />;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function KeyForm({ onKey }: { onKey: (key: string) => void }) {
  const tried = hasKey();
  const submit = (event: Event): void => {
    event.preventDefault();
    const key = String(new FormData(event.currentTarget as HTMLFormElement).get('key') ?? '').trim();
    if (key !== '') onKey(key);
  };
  return (
    <section class="panel key">
      <Heading>This server wants an API key</Heading>
      {tried ? (
        <p class="failure" role="alert">
          The key was not accepted.
        </p>
      ) : null}
      <form class="form" onSubmit={submit}>
        <div class="field">
          <label for="key">API key</label>
          <input id="key" name="key" type="password" autocomplete="off" required aria-describedby="key-help" />
          <p class="help" id="key-help">
            One of the server's API_KEYS. This tab remembers it until it is closed.
          </p>
        </div>
        <div class="buttons">
          <button type="submit" class="primary">
            Continue
          </button>
        </div>
      </form>
    </section>
  );
}

render(<App />, document.body);

import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { getText } from './api.js';
import { relative, shortId, time } from './format.js';
import { useLoaded } from './hooks.js';
import { STATUS_SIGNS } from './kinds.js';
import type { RunStatus, RunSummary } from './wire-types.js';

/** The status of a run or a step in words, with a sign and a colour. */
export function Status({ status }: { status: RunStatus }) {
  return (
    <span class={`status status-${status.toLowerCase()}`}>
      <span aria-hidden="true">{STATUS_SIGNS[status]}</span> <span class="status-word">{status.toLowerCase()}</span>
    </span>
  );
}

/** An error message. Screen readers read it at once. */
export function Failure({ message }: { message: string | undefined }) {
  if (message === undefined) return null;
  return (
    <p class="failure" role="alert">
      {message}
    </p>
  );
}

export function Time({ iso }: { iso: string | null }) {
  return iso === null ? <span>–</span> : <time dateTime={iso}>{time(iso)}</time>;
}

/** A moment by how far away it is. The exact time is behind it. Does not tick by itself: see `useTick`. */
export function Ago({ iso }: { iso: string | null }) {
  if (iso === null) return <span>–</span>;
  return (
    <time class="ago" dateTime={iso} title={time(iso)}>
      {relative(iso)}
    </time>
  );
}

/** A name and what it stands for, in a list of facts. */
export function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

export function RunLink({ id }: { id: string }) {
  return (
    <a href={`#/runs/${id}`} title={id}>
      <code>{shortId(id)}</code>
    </a>
  );
}

/** How branches are called everywhere: by their number, from 1, and the name of their item. */
export function branchName({ child_index: index, branch }: Pick<RunSummary, 'child_index' | 'branch'>): string {
  return `Branch ${(index ?? 0) + 1}${branch === null ? '' : ` · ${branch}`}`;
}

/** The approval link of a wait, if there is one, to copy. */
export function AnswerLink({ url }: { url: string | undefined }) {
  if (url === undefined) return null;
  return (
    <details>
      <summary>Link for somebody without a key</summary>
      <Code text={url} label="Approval link" />
    </details>
  );
}

export function Panel(props: {
  title: string;
  aside?: ComponentChildren;
  class?: string;
  children: ComponentChildren;
}) {
  const id = `panel-${props.title.toLowerCase().replace(/[^a-z]+/g, '-')}`;
  return (
    <section class={`panel ${props.class ?? ''}`} aria-labelledby={id}>
      <div class="panel-head">
        <h2 id={id}>{props.title}</h2>
        {props.aside}
      </div>
      {props.children}
    </section>
  );
}

/** The heading of a view. Takes the focus when the view opens, so that screen readers read it. */
export function Heading({ children }: { children: ComponentChildren }) {
  const element = useRef<HTMLHeadingElement>(null);
  useEffect(() => element.current?.focus({ preventScroll: true }), []);
  return (
    <h1 tabIndex={-1} ref={element}>
      {children}
    </h1>
  );
}

/** The picture as text, to copy. Loaded when it is opened. */
export function Mermaid({ path }: { path: string }) {
  const [open, setOpen] = useState(false);
  const { value, error } = useLoaded(
    (signal) => (open ? getText(path, signal) : Promise.resolve(undefined)),
    [path, open],
  );
  return (
    <details class="mermaid" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>As Mermaid text</summary>
      {value === undefined ? null : <Code text={value} label="Mermaid text" />}
      <Failure message={error} />
    </details>
  );
}

/** `1 line`, `2 lines`. */
export function counted(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}

/** Text that grows: scrolls to the end when something is added, unless the reader has scrolled up. */
export function Tail({
  text,
  label,
  live,
  class: name,
}: {
  text: string;
  label: string;
  live: 'off' | 'polite';
  class: string;
}) {
  const element = useRef<HTMLPreElement>(null);
  const atEnd = useRef(true);
  useEffect(() => {
    const box = element.current;
    if (box !== null && atEnd.current) box.scrollTop = box.scrollHeight;
  });
  const scrolled = (): void => {
    const box = element.current;
    if (box !== null) atEnd.current = box.scrollHeight - box.scrollTop - box.clientHeight < 40;
  };
  return (
    <pre
      class={`code ${name}`}
      ref={element}
      onScroll={scrolled}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard (WCAG 2.1.1).
      tabIndex={0}
      role="log"
      aria-label={label}
      aria-live={live}
    >
      {text}
    </pre>
  );
}

/** Copies a text, and says so. Without a clipboard, as on pages that are neither local nor encrypted, the old command does it. */
export function CopyButton({ text, words }: { text: string; words: string }) {
  const [said, setSaid] = useState<string>();
  const copy = async (): Promise<void> => {
    const isCopied = await navigator.clipboard?.writeText(text).then(
      () => true,
      () => false,
    );
    setSaid((isCopied ?? copyBySelection(text)) ? '✓ Copied' : 'Cannot be copied here');
    setTimeout(() => setSaid(undefined), 2000);
  };
  return (
    <button type="button" class="small" onClick={() => void copy()}>
      <span role="status">{said ?? words}</span>
    </button>
  );
}

function copyBySelection(text: string): boolean {
  const area = document.createElement('textarea');
  area.value = text;
  document.body.append(area);
  area.select();
  const isCopied = document.execCommand('copy');
  area.remove();
  return isCopied;
}

/** Text that scrolls in its box, reachable by keyboard. */
export function Code({ text, label }: { text: string; label: string }) {
  return (
    <section aria-label={label}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard (WCAG 2.1.1). */}
      <pre class="code" tabIndex={0}>
        {text}
      </pre>
    </section>
  );
}

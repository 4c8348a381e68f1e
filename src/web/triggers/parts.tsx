import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { hasKey } from '../api.js';
import { TONES, type Tone } from '../kinds.js';
import { Code, Failure } from '../parts.js';
import { curlCommand, type Example } from './documents.js';

/** What the lists of schedules, hooks, callbacks and questions have in common. */

/** A word with a sign and a colour. */
export function Badge({ tone, text }: { tone: Tone; text: string }) {
  const { sign, status } = TONES[tone];
  return (
    <span class={`status status-${status}`}>
      <span aria-hidden="true">{sign}</span> {text}
    </span>
  );
}

/** Whether something is enabled. Screen readers say it when that changes. */
export function EnabledBadge({ enabled }: { enabled: boolean }) {
  return (
    <span role="status">
      <Badge tone={enabled ? 'good' : 'quiet'} text={enabled ? 'enabled' : 'disabled'} />
    </span>
  );
}

interface ToggleProps {
  readonly name: string;
  readonly enabled: boolean;
  readonly busy: boolean;
  readonly change: () => void;
}

/** Enables or disables. It keeps the focus while it works, which a disabled button would lose. */
export function Toggle({ name, enabled, busy, change }: ToggleProps) {
  const text = enabled ? 'Disable' : 'Enable';
  return (
    <button
      type="button"
      aria-label={`${text} ${name}`}
      aria-disabled={busy}
      onClick={() => {
        if (!busy) change();
      }}
    >
      {text}
    </button>
  );
}

/** One thing of a list: a heading with what can be done beside it, and what is known of it. */
export function Item(props: {
  heading: ComponentChildren;
  aside: ComponentChildren;
  error?: string | undefined;
  children: ComponentChildren;
}) {
  return (
    <li class="panel item">
      <div class="item-head">
        <h2>{props.heading}</h2>
        <div class="item-aside">{props.aside}</div>
      </div>
      {props.children}
      <Failure message={props.error} />
    </li>
  );
}

/** What a list shows as long as it is empty: what it is for, and commands that make the first of its kind. */
export function Empty({ examples, children }: { examples: readonly Example[]; children: ComponentChildren }) {
  const commands = examples.map((example) => curlCommand(example, document.baseURI, hasKey()));
  return (
    <section class="panel empty" aria-label="Nothing here yet">
      {children}
      <Code text={commands.join('\n')} label="Command" />
    </section>
  );
}

/** The pages of a list: the cursor of the current one, and buttons for the others. */
export function usePages(): {
  cursor: string | undefined;
  buttons: (next: string | null | undefined) => ComponentChildren;
} {
  const [cursors, setCursors] = useState<readonly string[]>([]);
  const buttons = (next: string | null | undefined): ComponentChildren => (
    <div class="buttons">
      {cursors.length > 0 ? (
        <button type="button" onClick={() => setCursors(cursors.slice(0, -1))}>
          Previous
        </button>
      ) : null}
      {next ? (
        <button type="button" onClick={() => setCursors([...cursors, next])}>
          Next
        </button>
      ) : null}
    </div>
  );
  return { cursor: cursors.at(-1), buttons };
}

/** The path of a page of a list. */
export function pathOfPage(path: string, query: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return `${path}?${new URLSearchParams(given)}`;
}

/** A table that scrolls within its box. */
export function Table({
  label,
  columns,
  children,
}: {
  label: string;
  columns: readonly string[];
  children: ComponentChildren;
}) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard (WCAG 2.1.1).
    <section class="scroll listing" aria-label={label} tabIndex={0}>
      <table>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column} scope="col">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </section>
  );
}

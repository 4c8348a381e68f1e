import { useMemo, useState } from 'preact/hooks';
import type { CapsuleEvent } from '../evidence/capsule-document.js';
import { brief, pretty } from '../format.js';
import { Code, CopyButton } from '../parts.js';
import { find, historyOf, type KeyChange, MAX_FOUND, partOf, partsOf } from './data-history.js';

const SHOWN_AT_ONCE = 100;
/** Values with more characters are opened to be read. */
const MAX_INLINE = 120;

export interface DataTreeProps {
  readonly data: Readonly<Record<string, unknown>>;
  readonly events: readonly CapsuleEvent[];
  readonly changed: ReadonlySet<string>;
  readonly onSelect?: (step: number) => void;
}

/** `data` to look through: a row for each key, with how it came to its value. */
export function DataTree({ data, events, changed, onSelect }: DataTreeProps) {
  const [sought, setSought] = useState('');
  const history = useMemo(() => historyOf(events), [events]);
  const entries = Object.entries(data);
  if (entries.length === 0) return <p class="quiet">Nothing yet.</p>;
  return (
    <>
      <search>
        <input
          type="search"
          aria-label="Search in data"
          placeholder="Search keys and values"
          value={sought}
          onInput={(event) => setSought(event.currentTarget.value)}
        />
      </search>
      {sought.trim() === '' ? (
        <dl class="data">
          {entries.map(([key, value]) => (
            <Entry
              key={key}
              name={key}
              value={value}
              isChanged={changed.has(key)}
              changes={history.get(key) ?? []}
              onSelect={onSelect}
            />
          ))}
        </dl>
      ) : (
        <Found data={data} sought={sought.trim().toLowerCase()} />
      )}
    </>
  );
}

interface EntryProps {
  readonly name: string;
  readonly value: unknown;
  readonly isChanged: boolean;
  readonly changes: readonly KeyChange[];
  readonly onSelect: ((step: number) => void) | undefined;
}

function Entry({ name, value, isChanged, changes, onSelect }: EntryProps) {
  return (
    <div class={isChanged ? 'changed' : ''}>
      <dt>
        {isChanged ? <span title="Set by the last step">• </span> : null}
        {name}
      </dt>
      <dd>
        <Value name={name} value={value} path={`data${partOf(name)}`} />
        {changes.length === 0 ? null : <History name={name} changes={changes} onSelect={onSelect} />}
      </dd>
    </div>
  );
}

function History({ name, changes, onSelect }: Pick<EntryProps, 'name' | 'changes' | 'onSelect'>) {
  const [open, setOpen] = useState(false);
  const latest = changes.slice(-SHOWN_AT_ONCE).reverse();
  return (
    <details class="key-history" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        {changes.length === 1 ? 'set once' : `set ${changes.length} times`}
        <span class="visually-hidden">: history of {name}</span>
      </summary>
      {open ? (
        <ol>
          {latest.map(({ step, node, value }, index) => (
            <li key={index}>
              {onSelect === undefined || step === 0 ? (
                <span>
                  Step {step}, {node}
                </span>
              ) : (
                <button type="button" class="link" onClick={() => onSelect(step)}>
                  Step {step}, {node}
                </button>
              )}{' '}
              <code>{brief(value, MAX_INLINE)}</code>
            </li>
          ))}
        </ol>
      ) : null}
    </details>
  );
}

/** A value: short ones as they are, long ones to be opened, with the values in them. */
function Value({ name, value, path }: { name: string; value: unknown; path: string }) {
  const [open, setOpen] = useState(false);
  const text = brief(value, MAX_INLINE + 1);
  const isSmall = text.length <= MAX_INLINE && (typeof value !== 'object' || value === null);
  if (isSmall) return <code>{text}</code>;
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <code>{brief(value)}</code> <span class="quiet">{sizeOf(value)}</span>
      </summary>
      {open ? <Inside name={name} value={value} path={path} /> : null}
    </details>
  );
}

function Inside({ name, value, path }: { name: string; value: unknown; path: string }) {
  const [count, setCount] = useState(SHOWN_AT_ONCE);
  const parts = partsOf(value);
  return (
    <>
      <p class="copies">
        <CopyButton text={textOf(value)} words="Copy value" />
        <CopyButton text={path} words="Copy path" />
      </p>
      {parts === undefined || parts.every(([, part]) => !isNested(part)) ? (
        <Code text={textOf(value)} label={name} />
      ) : (
        <dl class="data">
          {parts.slice(0, count).map(([key, part]) => (
            <div key={key}>
              <dt>{key}</dt>
              <dd>
                <Value name={`${name} ${key}`} value={part} path={`${path}${partOf(key)}`} />
              </dd>
            </div>
          ))}
        </dl>
      )}
      {parts !== undefined && parts.length > count && parts.some(([, part]) => isNested(part)) ? (
        <button type="button" onClick={() => setCount(count + SHOWN_AT_ONCE)}>
          Show {Math.min(SHOWN_AT_ONCE, parts.length - count)} more of {parts.length}
        </button>
      ) : null}
    </>
  );
}

function isNested(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : pretty(value);
}

function sizeOf(value: unknown): string {
  if (typeof value === 'string') return `${value.length} characters`;
  const count = partsOf(value)?.length ?? 0;
  return Array.isArray(value) ? `${count} items` : `${count} keys`;
}

function Found({ data, sought }: { data: unknown; sought: string }) {
  const found = useMemo(() => find(data, sought), [data, sought]);
  return (
    <>
      <p class="quiet" role="status">
        {found.length === 0 ? 'Nothing found.' : `${found.length}${found.length === MAX_FOUND ? ' or more' : ''} found`}
      </p>
      <dl class="data">
        {found.map(({ path, value }) => (
          <div key={path}>
            <dt>
              <code>{path}</code>
            </dt>
            <dd>
              <Value name={path} value={value} path={path} />
            </dd>
          </div>
        ))}
      </dl>
    </>
  );
}

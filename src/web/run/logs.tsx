import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { TimedLine } from '../journal/lines.js';
import { saveAs } from '../save-as.js';
import { plainOf, styledOf } from './ansi.js';

const SHOWN_AT_ONCE = 1000;
/** Nearer to the end than this, in pixels, the reader follows. */
const AT_END = 40;

/** The log lines of a run: with their times and steps, to be searched, wrapped and saved. */
export function Logs({ lines, name }: { lines: readonly TimedLine[]; name: string }) {
  const [sought, setSought] = useState('');
  const [isWrapped, setWrapped] = useState(true);
  const [hasTimes, setTimes] = useState(false);
  const [count, setCount] = useState(SHOWN_AT_ONCE);
  const wanted = sought.trim().toLowerCase();
  const found = useMemo(
    () => (wanted === '' ? lines : lines.filter(({ text }) => plainOf(text).toLowerCase().includes(wanted))),
    [lines, wanted],
  );
  if (lines.length === 0) return <p class="quiet">No lines yet.</p>;
  const shown = found.slice(-count);
  return (
    <>
      <div class="log-tools">
        <input
          type="search"
          aria-label="Search in logs"
          placeholder="Search"
          value={sought}
          onInput={(event) => setSought(event.currentTarget.value)}
        />
        <Tick words="Wrap" value={isWrapped} set={setWrapped} />
        <Tick words="Times" value={hasTimes} set={setTimes} />
        <button type="button" class="small" onClick={() => saveAs(`${name}.log`, textOf(lines), 'text/plain')}>
          Download
        </button>
      </div>
      {wanted === '' ? null : (
        <p class="quiet" role="status">
          {found.length} of {lines.length} lines
        </p>
      )}
      {found.length > shown.length ? (
        <button type="button" class="small" onClick={() => setCount(count + SHOWN_AT_ONCE)}>
          Show earlier lines ({found.length - shown.length})
        </button>
      ) : null}
      <Lines lines={shown} wanted={wanted} isWrapped={isWrapped} hasTimes={hasTimes} />
    </>
  );
}

function Tick({ words, value, set }: { words: string; value: boolean; set: (value: boolean) => void }) {
  return (
    <label class="tick-label">
      <input type="checkbox" checked={value} onInput={(event) => set(event.currentTarget.checked)} /> {words}
    </label>
  );
}

interface LinesProps {
  readonly lines: readonly TimedLine[];
  readonly wanted: string;
  readonly isWrapped: boolean;
  readonly hasTimes: boolean;
}

/** Scrolls to the end when lines come, unless the reader has scrolled up. */
function Lines({ lines, wanted, isWrapped, hasTimes }: LinesProps) {
  const box = useRef<HTMLPreElement>(null);
  const atEnd = useRef(true);
  useEffect(() => {
    if (box.current !== null && atEnd.current) box.current.scrollTop = box.current.scrollHeight;
  });
  const scrolled = (event: { currentTarget: HTMLElement }): void => {
    const { scrollHeight, scrollTop, clientHeight } = event.currentTarget;
    atEnd.current = scrollHeight - scrollTop - clientHeight < AT_END;
  };
  return (
    <pre
      class={`code logs ${isWrapped ? '' : 'unwrapped'}`}
      ref={box}
      onScroll={scrolled}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard (WCAG 2.1.1).
      tabIndex={0}
      role="log"
      aria-label="Logs"
      aria-live="off"
    >
      {lines.map((line, index) => (
        <Line key={index} line={line} wanted={wanted} hasTimes={hasTimes} />
      ))}
    </pre>
  );
}

function Line({
  line: { time, step, text },
  wanted,
  hasTimes,
}: {
  line: TimedLine;
  wanted: string;
  hasTimes: boolean;
}) {
  return (
    <>
      {hasTimes ? (
        <span class="quiet">{`${time.slice(11, 23)} ${step === 0 ? '' : `#${step}`}`.padEnd(18)}</span>
      ) : null}
      {styledOf(text).map((part, index) => (
        <span key={index} class={part.look}>
          {marked(part.text, wanted)}
        </span>
      ))}
      {'\n'}
    </>
  );
}

/** A text in which what is sought is marked. */
function marked(text: string, wanted: string) {
  const at = wanted === '' ? -1 : text.toLowerCase().indexOf(wanted);
  if (at < 0) return text;
  return (
    <>
      {text.slice(0, at)}
      <mark>{text.slice(at, at + wanted.length)}</mark>
      {text.slice(at + wanted.length)}
    </>
  );
}

/** All lines as text, each with its time. */
function textOf(lines: readonly TimedLine[]): string {
  return lines.map(({ time, text }) => `${time} ${plainOf(text)}\n`).join('');
}

import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { duration } from '../format.js';
import type { Span } from './spans.js';

const ROW = 30;
/** Rows above and below those that are seen, so that scrolling shows no holes. */
const SPARE_ROWS = 6;
const VISIBLE_ROWS = 14;
const MAX_ZOOM = 4096;
const TICKS = 6;

interface Row {
  readonly step: number;
  readonly node: string;
  /** The index of its first span. */
  readonly first: number;
  readonly spans: readonly Span[];
}

/** A row for each step, in order. Time in line has a row of its own. */
function rowsOf(spans: readonly Span[]): readonly Row[] {
  const rows: (Row & { spans: Span[] })[] = [];
  for (const [index, span] of spans.entries()) {
    const last = rows.at(-1);
    const isSame = last?.step === span.step && last.spans[0]?.inside?.runId === span.inside?.runId;
    if (last !== undefined && isSame) last.spans.push(span);
    else rows.push({ step: span.step, node: span.step === 0 ? 'In line' : span.node, first: index, spans: [span] });
  }
  return rows;
}

export interface TimelineProps {
  readonly spans: readonly Span[];
  /** In milliseconds since 1970: the end of what goes on. */
  readonly now: number;
  readonly selected: number | undefined;
  readonly onSelect: (step: number) => void;
}

/** Where the time of a run went: its calls, waits and rests on one axis. Only the rows that are seen are in the page. */
export function Timeline({ spans, now, selected, onSelect }: TimelineProps) {
  const rows = useMemo(() => rowsOf(spans), [spans]);
  const [zoom, setZoom] = useState(1);
  const [top, setTop] = useState(0);
  const [active, setActive] = useState(0);
  const box = useRef<HTMLDivElement>(null);
  const axis = axisOf(spans, now);
  const shown = shownRows(rows, top);
  const focus = useFocus(box, rows, setTop);
  useShown(box, rows, selected);
  const move = (to: number): void => {
    const index = Math.max(0, Math.min(spans.length - 1, to));
    setActive(index);
    focus(index);
  };
  if (spans.length === 0) return <p class="quiet">Nothing has happened yet.</p>;
  return (
    <div class="timeline">
      <TimelineBar zoom={zoom} setZoom={setZoom} />
      <div class="timeline-box" ref={box} onScroll={(event) => setTop(event.currentTarget.scrollTop)}>
        <div class="timeline-inner" style={{ minWidth: zoom === 1 ? '100%' : `${zoom * 100}%` }}>
          <Ticks axis={axis} count={Math.round(TICKS * Math.min(zoom, 50))} />
          <div class="timeline-rows" style={{ height: `${rows.length * ROW}px` }}>
            {shown.map((row) => (
              <TimelineRow
                key={row.first}
                row={row}
                top={rows.indexOf(row) * ROW}
                axis={axis}
                active={Math.min(active, spans.length - 1)}
                isSelected={selected !== undefined && row.step === selected}
                onMove={move}
                onSelect={onSelect}
                rowStep={(by) => rows[rows.indexOf(row) + by]?.first}
              />
            ))}
          </div>
        </div>
      </div>
      <Legend />
    </div>
  );
}

function TimelineBar({ zoom, setZoom }: { zoom: number; setZoom: (zoom: number) => void }) {
  return (
    <div class="timeline-bar">
      <button type="button" onClick={() => setZoom(Math.max(1, zoom / 2))} disabled={zoom === 1} aria-label="Zoom out">
        −
      </button>
      <button type="button" onClick={() => setZoom(Math.min(MAX_ZOOM, zoom * 2))} aria-label="Zoom in">
        +
      </button>
      <button type="button" onClick={() => setZoom(1)} disabled={zoom === 1}>
        Fit
      </button>
    </div>
  );
}

const LEGEND = [
  ['call completed', 'completed'],
  ['call failed', 'failed'],
  ['call running', 'under way'],
  ['wait waiting', 'waits'],
  ['queue submitted', 'in line, or at rest'],
] as const;

function Legend() {
  return (
    <ul class="legend">
      {LEGEND.map(([look, words]) => (
        <li key={look}>
          <span class={`span-bar span-${look.replace(' ', ' span-')}`} aria-hidden="true" /> {words}
        </li>
      ))}
    </ul>
  );
}

interface Axis {
  readonly from: number;
  readonly length: number;
}

function axisOf(spans: readonly Span[], now: number): Axis {
  const from = spans[0]?.from ?? 0;
  const last = spans.findLast(({ inside }) => inside === undefined);
  return { from, length: Math.max(1, (last?.to ?? Math.max(now, last?.from ?? 0)) - from) };
}

function shownRows(rows: readonly Row[], top: number): readonly Row[] {
  const first = Math.max(0, Math.floor(top / ROW) - SPARE_ROWS);
  return rows.slice(first, first + VISIBLE_ROWS + 2 * SPARE_ROWS);
}

/** Moves the focus to a bar, whose row may have to be scrolled to first. */
function useFocus(
  box: { readonly current: HTMLDivElement | null },
  rows: readonly Row[],
  setTop: (top: number) => void,
): (index: number) => void {
  const wanted = useRef<number | undefined>(undefined);
  useLayoutEffect(() => {
    if (wanted.current === undefined) return;
    const bar = box.current?.querySelector<HTMLElement>(`[data-span="${wanted.current}"]`);
    if (bar === null || bar === undefined) return;
    wanted.current = undefined;
    bar.focus({ preventScroll: true });
    bar.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  });
  return (index) => {
    wanted.current = index;
    const row = rows.findLastIndex(({ first }) => first <= index);
    const host = box.current;
    if (host === null) return;
    const [above, below] = [row * ROW, (row + 2) * ROW];
    if (above < host.scrollTop) host.scrollTop = above;
    else if (below > host.scrollTop + host.clientHeight) host.scrollTop = below - host.clientHeight;
    setTop(host.scrollTop);
  };
}

/** The row of what is selected elsewhere comes into view. */
function useShown(
  box: { readonly current: HTMLDivElement | null },
  rows: readonly Row[],
  selected: number | undefined,
): void {
  useEffect(() => {
    const row = rows.findIndex(({ step }) => step === selected);
    const host = box.current;
    if (host === null || row < 0) return;
    const isSeen = row * ROW >= host.scrollTop && (row + 2) * ROW <= host.scrollTop + host.clientHeight;
    if (!isSeen) host.scrollTop = Math.max(0, (row - 3) * ROW);
  }, [selected]);
}

interface RowProps {
  readonly row: Row;
  readonly top: number;
  readonly axis: Axis;
  readonly active: number;
  readonly isSelected: boolean;
  readonly onMove: (index: number) => void;
  readonly onSelect: (step: number) => void;
  /** The first span of a row so far below. */
  readonly rowStep: (by: number) => number | undefined;
}

function TimelineRow({ row, top, axis, active, isSelected, onMove, onSelect, rowStep }: RowProps) {
  const keys = (event: KeyboardEvent, index: number): void => {
    const to = { ArrowLeft: index - 1, ArrowRight: index + 1, ArrowUp: rowStep(-1), ArrowDown: rowStep(1) }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    onMove(to);
  };
  const isInside = row.spans[0]?.inside !== undefined;
  return (
    <div class={`timeline-row ${isSelected ? 'selected' : ''}`} style={{ top: `${top}px` }}>
      <span class="timeline-name" title={row.node}>
        {row.step === 0 ? null : <span class="quiet">{isInside ? '↳' : row.step} </span>}
        {row.node}
      </span>
      <span class="timeline-track">
        {row.spans.map((span, position) => {
          const index = row.first + position;
          const words = describe(span, axis.from + axis.length);
          return (
            <button
              key={index}
              type="button"
              class={`span-bar span-${span.kind} span-${span.status}`}
              style={placeOf(span, axis)}
              data-span={index}
              tabIndex={index === active ? 0 : -1}
              title={words}
              aria-label={words}
              aria-pressed={isSelected}
              onClick={() => {
                onMove(index);
                if (span.inside !== undefined) location.hash = `#/runs/${span.inside.runId}`;
                else if (span.step > 0) onSelect(span.step);
              }}
              onKeyDown={(event) => keys(event, index)}
            />
          );
        })}
      </span>
    </div>
  );
}

function placeOf(span: Span, { from, length }: Axis): { left: string; width: string } {
  const end = span.to ?? from + length;
  return {
    left: `${((span.from - from) / length) * 100}%`,
    width: `${(Math.max(0, end - span.from) / length) * 100}%`,
  };
}

const ENDS: Readonly<Record<Span['status'], string>> = {
  running: 'so far',
  waiting: 'so far',
  submitted: '',
  completed: '',
  failed: 'then failed',
  cancelled: 'then cancelled',
};

/** `Step 3, review, attempt 2: is called, 1.2 s, then failed`. */
function describe(span: Span, end: number): string {
  const { step, node, attempt, text, status, from, to, inside } = span;
  const who =
    inside !== undefined
      ? `${inside.name}: `
      : step === 0
        ? ''
        : `Step ${step}, ${node}${attempt > 1 ? `, attempt ${attempt}` : ''}: `;
  const end_ = to === null ? 'so far' : ENDS[status] === 'so far' ? '' : ENDS[status];
  return `${who}${text}, ${duration((to ?? end) - from)}${end_ === '' ? '' : `, ${end_}`}`;
}

const STEPS_MS = [1, 2, 5].flatMap((digit) => [1, 10, 100, 1000].map((power) => digit * power));
const LONGER_STEPS_MS = [10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 43_200, 86_400, 604_800].map(
  (seconds) => seconds * 1000,
);
const ALL_STEPS = [...STEPS_MS, ...LONGER_STEPS_MS].sort((a, b) => a - b);

/** Times since the beginning, at even distances. */
function Ticks({ axis, count }: { axis: Axis; count: number }) {
  const step = ALL_STEPS.find((each) => axis.length / each <= count) ?? axis.length / count;
  const ticks = Array.from({ length: Math.floor(axis.length / step) + 1 }, (_, index) => index * step);
  return (
    <div class="timeline-ticks" aria-hidden="true">
      <span class="timeline-name" />
      <span class="timeline-track">
        {ticks.map((tick) => (
          <span key={tick} class="tick" style={{ left: `${(tick / axis.length) * 100}%` }}>
            {tick === 0 ? '0' : duration(tick)}
          </span>
        ))}
      </span>
    </div>
  );
}

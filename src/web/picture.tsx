import { useEffect, useRef, useState } from 'preact/hooks';
import { Failure } from './parts.js';

const LARGEST = 4;
const STEP = 1.25;
/** A pointer that moves less, in pixels, clicks. */
const CLICK = 4;

export interface PictureProps {
  readonly svg: string | undefined;
  readonly error?: string | undefined;
}

/**
 * A picture that the server drew. Parsed as XML and put in as elements: its text was escaped there, the policy of the page
 * stops scripts, and the style is the one that the policy allows.
 */
export function Picture({ svg, error }: PictureProps) {
  const element = useDrawn(svg);
  return (
    <>
      <div class="picture" ref={element} />
      <Below svg={svg} error={error} />
    </>
  );
}

function useDrawn(svg: string | undefined) {
  const element = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const host = element.current;
    if (host === null || svg === undefined) return;
    const { documentElement } = new DOMParser().parseFromString(svg, 'image/svg+xml');
    const focused = host.contains(document.activeElement) ? document.activeElement?.getAttribute('data-node') : null;
    host.replaceChildren(document.importNode(documentElement, true));
    if (focused == null) return;
    // Who is at a node stays there when the picture changes.
    const again = host.querySelector<SVGElement>(`[data-node="${CSS.escape(focused)}"]`);
    again?.setAttribute('tabindex', '0');
    again?.focus({ preventScroll: true });
  }, [svg]);
  return element;
}

function Below({ svg, error }: PictureProps) {
  return (
    <>
      {svg === undefined && error === undefined ? <p class="quiet">Drawing…</p> : null}
      <Failure message={error} />
    </>
  );
}

export interface LargePictureProps extends PictureProps {
  /** Called with the name of a node that is chosen, by pointer or key. */
  readonly onNode?: (node: string) => void;
  /** The name of the node that is chosen. */
  readonly selected?: string | undefined;
}

/** A picture to look around in: larger and smaller, moved by dragging or scrolling. It fits its box at first. */
export function LargePicture({ svg, error, onNode, selected }: LargePictureProps) {
  /** How large it is; `undefined`: so that it fits. */
  const [zoom, setZoom] = useState<number>();
  const element = useDrawn(svg);
  useEffect(() => {
    const drawn = element.current?.querySelector('svg');
    if (!drawn) return;
    drawn.style.width = zoom === undefined ? '' : `${drawn.viewBox.baseVal.width * zoom}px`;
    drawn.style.maxWidth = zoom === undefined ? '' : 'none';
  }, [svg, zoom]);
  const change = (by: number): void => {
    const drawn = element.current?.querySelector('svg');
    if (!drawn) return;
    const now = zoom ?? drawn.getBoundingClientRect().width / drawn.viewBox.baseVal.width;
    setZoom(Math.min(LARGEST, Math.max(1 / LARGEST ** 2, now * by)));
  };
  const wheel = (event: WheelEvent): void => {
    // As in maps: without a key, the wheel scrolls.
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    change(event.deltaY < 0 ? STEP : 1 / STEP);
  };
  const drag = useDrag(onNode);
  const onKeyDown = useNodes(element, svg, onNode, selected);
  return (
    <>
      <div class="picture-bar">
        <button type="button" class="small" aria-label="Smaller" onClick={() => change(1 / STEP)}>
          −
        </button>
        <button type="button" class="small" aria-label="Larger" onClick={() => change(STEP)}>
          +
        </button>
        <button type="button" class="small" onClick={() => setZoom(undefined)} disabled={zoom === undefined}>
          Fit
        </button>
        <button type="button" class="small" title="Full size" onClick={() => setZoom(1)} disabled={zoom === 1}>
          1:1
        </button>
      </div>
      <section
        class={`picture large ${onNode === undefined ? '' : 'with-nodes'}`}
        aria-label="Picture, to look around in"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard (WCAG 2.1.1).
        tabIndex={0}
        ref={element}
        onWheel={wheel}
        onKeyDown={onKeyDown}
        {...drag}
      />
      <Below svg={svg} error={error} />
    </>
  );
}

/**
 * Makes the nodes of a picture buttons: one of them takes the focus, arrow keys lead to the others, Enter chooses.
 * @returns the listener for keys
 */
function useNodes(
  element: { readonly current: HTMLDivElement | null },
  svg: string | undefined,
  onNode: ((node: string) => void) | undefined,
  selected: string | undefined,
) {
  const nodes = (): SVGElement[] => [...(element.current?.querySelectorAll<SVGElement>('[data-node]') ?? [])];
  useEffect(() => {
    if (onNode === undefined) return;
    // What is a picture has no parts for those who do not see it.
    element.current?.querySelector('svg')?.setAttribute('role', 'group');
    const all = nodes();
    const focused = all.find((node) => node === document.activeElement);
    const first = focused ?? all.find(({ dataset }) => dataset.node === selected) ?? all[0];
    for (const node of all) {
      node.setAttribute('role', 'button');
      node.setAttribute('aria-pressed', String(node.dataset.node === selected));
      node.setAttribute('tabindex', node === first ? '0' : '-1');
    }
  }, [svg, selected, onNode === undefined]);
  return (event: KeyboardEvent): void => {
    const at = nodes().indexOf(event.target as SVGElement);
    if (at === -1) return;
    const by = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
    if (by === undefined && event.key !== 'Enter' && event.key !== ' ') return;
    event.preventDefault();
    if (by === undefined) onNode?.(nodes()[at]?.dataset.node ?? '');
    else moveFocus(nodes(), at, at + by);
  };
}

function moveFocus(nodes: readonly SVGElement[], from: number, to: number): void {
  const next = nodes[to];
  if (next === undefined) return;
  nodes[from]?.setAttribute('tabindex', '-1');
  next.setAttribute('tabindex', '0');
  next.focus();
}

/** Moves what is in a box with the pointer; a pointer that stays where it is clicks a node. */
function useDrag(onNode: ((node: string) => void) | undefined) {
  const from = useRef<{ x: number; y: number; left: number; top: number; node: string | undefined }>(undefined);
  return {
    onPointerDown: (event: PointerEvent): void => {
      const box = event.currentTarget as HTMLElement;
      const node = (event.target as Element).closest('[data-node]')?.getAttribute('data-node') ?? undefined;
      if (event.button !== 0 || event.pointerType === 'touch') return;
      from.current = { x: event.clientX, y: event.clientY, left: box.scrollLeft, top: box.scrollTop, node };
      box.setPointerCapture(event.pointerId);
    },
    onPointerMove: (event: PointerEvent): void => {
      const start = from.current;
      if (start === undefined) return;
      const box = event.currentTarget as HTMLElement;
      box.scrollLeft = start.left - (event.clientX - start.x);
      box.scrollTop = start.top - (event.clientY - start.y);
    },
    onPointerUp: (event: PointerEvent): void => {
      const start = from.current;
      from.current = undefined;
      if (start === undefined) return;
      const moved = Math.hypot(event.clientX - start.x, event.clientY - start.y);
      if (moved < CLICK && start.node !== undefined) onNode?.(start.node);
    },
    onPointerCancel: (): void => {
      from.current = undefined;
    },
    // Fingers scroll the box by themselves, and their taps come as clicks.
    onClick: (event: MouseEvent): void => {
      const isTouch = (event as PointerEvent).pointerType === 'touch';
      const node = (event.target as Element).closest('[data-node]')?.getAttribute('data-node');
      if (isTouch && node) onNode?.(node);
    },
  };
}

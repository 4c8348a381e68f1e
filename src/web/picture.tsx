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
    host.replaceChildren(document.importNode(documentElement, true));
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

/**
 * A picture to look around in: larger and smaller, moved by dragging or scrolling. It fits its box at first.
 * @param onNode is called with the name of a node that is clicked
 */
export function LargePicture({ svg, error, onNode }: PictureProps & { readonly onNode?: (node: string) => void }) {
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
      </div>
      <section
        class={`picture large ${onNode === undefined ? '' : 'with-nodes'}`}
        aria-label="Picture, to look around in"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard (WCAG 2.1.1).
        tabIndex={0}
        ref={element}
        onWheel={wheel}
        {...drag}
      />
      <Below svg={svg} error={error} />
    </>
  );
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

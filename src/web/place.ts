import { useEffect, useState } from 'preact/hooks';

/** How long a view has to become as long as it was, in milliseconds, so that the reader is where they were. */
const RESTORE_MS = 3000;

/** Where the reader was, by the number of the entry in the history. */
const scrolled = new Map<number, number>();

/** The current view: the part of the address after #. Going back leads to where the reader was on the page. */
export function usePlace(): string {
  const [place, setPlace] = useState(placeNow);
  useEffect(() => {
    let entry = numberEntry(0);
    let shown = placeNow();
    const moved = (): void => {
      const next = placeNow();
      const isSame = nameOf(shown) === nameOf(next);
      if (!isSame) scrolled.set(entry, scrollY);
      const isNew = typeof history.state?.entry !== 'number';
      entry = numberEntry(entry + 1);
      if (!isSame) scrollWhenLong(isNew ? 0 : (scrolled.get(entry) ?? 0));
      shown = next;
      setPlace(next);
    };
    history.scrollRestoration = 'manual';
    addEventListener('hashchange', moved);
    return () => removeEventListener('hashchange', moved);
  }, []);
  return place;
}

function placeNow(): string {
  return location.hash.slice(1) || '/graphs';
}

/** Entries of the history have numbers: one that has none yet is new. */
function numberEntry(number: number): number {
  const known: unknown = history.state?.entry;
  if (typeof known === 'number') return known;
  history.replaceState({ entry: number }, '');
  return number;
}

/** Scrolls once the page is long enough, unless the reader does so first. */
function scrollWhenLong(top: number): void {
  scrollTo(0, 0);
  if (top === 0) return;
  const until = performance.now() + RESTORE_MS;
  const look = (): void => {
    if (scrollY !== 0 || performance.now() > until) return;
    if (document.documentElement.scrollHeight >= top + innerHeight) scrollTo(0, top);
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}

/** What a view keeps while it is shown: runs stay when another step is selected. */
export function nameOf(place: string): string {
  return place.startsWith('/runs/') ? (place.split('?')[0] ?? '') : place;
}

import { useEffect, useRef, useState } from 'preact/hooks';
import { ApiError } from './api.js';

export interface Loaded<T> {
  readonly value: T | undefined;
  readonly error: string | undefined;
  reload(): void;
}

/** Loads something, and loads it again when a dependency changes, or every `everyMs` while the tab is visible. */
export function useLoaded<T>(
  load: (signal: AbortSignal) => Promise<T>,
  deps: readonly unknown[],
  everyMs?: number,
): Loaded<T> {
  const [value, setValue] = useState<T>();
  const [error, setError] = useState<string>();
  const [turn, setTurn] = useState(0);
  const latest = useRef(load);
  latest.current = load;
  useEffect(() => {
    const controller = new AbortController();
    let isLoading = false;
    const run = async (): Promise<void> => {
      isLoading = true;
      try {
        const loaded = await latest.current(controller.signal);
        if (controller.signal.aborted) return;
        setValue(() => loaded);
        setError(undefined);
      } catch (thrown) {
        if (!controller.signal.aborted) setError(wordsOf(thrown));
      } finally {
        isLoading = false;
      }
    };
    void run();
    const timer = everyMs === undefined ? 0 : setInterval(() => void (document.hidden || isLoading || run()), everyMs);
    return () => {
      controller.abort();
      clearInterval(timer);
    };
  }, [...deps, turn, everyMs]);
  return { value, error, reload: () => setTurn((before) => before + 1) };
}

/** An error as text for people. */
export function wordsOf(thrown: unknown): string {
  if (!(thrown instanceof ApiError)) return thrown instanceof Error ? thrown.message : String(thrown);
  const more = thrown.errors.map(({ pointer, message, hint }) => `${pointer} ${message} ${hint ?? ''}`.trim());
  return [thrown.message, ...more.filter((line) => !thrown.message.includes(line))].join('\n');
}

/** An action with its progress and its failure. */
export function useAction<Args extends unknown[]>(
  act: (...args: Args) => Promise<unknown>,
): { run: (...args: Args) => void; busy: boolean; error: string | undefined } {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();
  const run = (...args: Args): void => {
    setBusy(true);
    setError(undefined);
    act(...args)
      .catch((thrown) => setError(wordsOf(thrown)))
      .finally(() => setBusy(false));
  };
  return { run, busy, error };
}

/** A value once it has not changed for a while. */
export function useSettled<T>(value: T, ms: number): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(() => value), ms);
    return () => clearTimeout(timer);
  }, [value, ms]);
  return settled;
}

/** Renders again every second while something is under way. */
export function useTick(active: boolean): void {
  const [, setTick] = useState(0);
  useEffect(() => {
    if (!active) return;
    const timer = setInterval(() => setTick((tick) => tick + 1), 1000);
    return () => clearInterval(timer);
  }, [active]);
}

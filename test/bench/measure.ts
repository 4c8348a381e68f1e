import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** One line of the report: what was measured, how it compares, and what it should be. */
export interface Line {
  readonly what: string;
  readonly ours: string;
  readonly against: string;
  readonly ratio: number;
  readonly aim: string;
  /** Undefined for what is printed for information. */
  readonly met: boolean | undefined;
}

/** A new folder for the databases of one measurement, and the way to remove it. */
export function benchFolder(): { path: (name: string) => string; remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'graphrunner-bench-'));
  return { path: (name) => join(folder, name), remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** The middle value. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/**
 * Runs two things in turn, several rounds, so that a slow minute of the machine hits both;
 * the ratio is the median over the rounds of the ratios within a round.
 */
export async function inTurn(
  rounds: number,
  ours: () => Promise<number>,
  theirs: () => Promise<number>,
): Promise<{ ours: number; theirs: number; ratio: number }> {
  const pairs: { ours: number; theirs: number }[] = [];
  for (let round = 0; round < rounds; round++) {
    // Whoever goes second finds a warmer disk: take turns at that, too.
    if (round % 2 === 0) pairs.push({ ours: await ours(), theirs: await theirs() });
    else {
      const second = await theirs();
      pairs.push({ ours: await ours(), theirs: second });
    }
  }
  return {
    ours: median(pairs.map((pair) => pair.ours)),
    theirs: median(pairs.map((pair) => pair.theirs)),
    ratio: median(pairs.map((pair) => pair.ours / pair.theirs)),
  };
}

/** Works through `total` items with `width` under way at once; resolves with items per second. */
export async function throughput(
  total: number,
  width: number,
  work: (index: number) => Promise<unknown>,
): Promise<number> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < total) {
      const index = next;
      next += 1;
      await work(index);
    }
  };
  const begin = performance.now();
  await Promise.all(Array.from({ length: width }, worker));
  return total / ((performance.now() - begin) / 1000);
}

/**
 * Keeps `width` pieces of work under way for so many seconds; resolves with how many were done in each second. One that
 * ends later counts by the part of it that was done in time, so that slow work is not rounded down.
 */
export async function throughputFor(
  seconds: number,
  width: number,
  work: (index: number) => Promise<unknown>,
): Promise<number> {
  let [next, done] = [0, 0];
  const end = performance.now() + seconds * 1000;
  const worker = async (): Promise<void> => {
    for (let begin = performance.now(); begin < end; begin = performance.now()) {
      next += 1;
      await work(next);
      const ended = performance.now();
      done += Math.min(1, (end - begin) / (ended - begin));
    }
  };
  await Promise.all(Array.from({ length: width }, worker));
  return done / seconds;
}

/** A number as people read it. */
export function shown(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en') : value.toPrecision(3);
}

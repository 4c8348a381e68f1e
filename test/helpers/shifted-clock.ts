import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** A clock of a server that does not go right. */
export interface ShiftedClock {
  /** What the server needs in its environment. */
  readonly env: Record<string, string>;
  /** Shifts it by so many milliseconds, also while the server runs. */
  set(offsetMs: number): void;
}

/** Shifts the clock of servers that are started in a folder. */
export function shiftClock(folder: string, offsetMs: number): ShiftedClock {
  const name = join(folder, `clock-${crypto.randomUUID()}`);
  const offsetFile = `${name}.txt`;
  const set = (ms: number): void => writeFileSync(offsetFile, String(ms));
  set(offsetMs);
  writeFileSync(
    `${name}.mjs`,
    `import { readFileSync } from 'node:fs';
    const Real = Date;
    const now = () => Real.now() + Number(readFileSync(${JSON.stringify(offsetFile)}, 'utf8'));
    globalThis.Date = class Date extends Real {
      static now = now;
      constructor(...given) {
        super(...(given.length === 0 ? [now()] : given));
      }
    };`,
  );
  return { env: { NODE_OPTIONS: `--import=${pathToFileURL(`${name}.mjs`).href}` }, set };
}

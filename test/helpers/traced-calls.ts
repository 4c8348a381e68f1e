import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The calls so far that tools in a folder have left a trace of, a line each: key, node and attempt. */
export function callsIn(cwd: string): string[] {
  const path = join(cwd, 'calls.log');
  return existsSync(path) ? readFileSync(path, 'utf8').trimEnd().split('\n') : [];
}

/** How many of them are of a run; of one of its nodes, if that is given. */
export function countCalls(cwd: string, runId: string, node?: string): number {
  const ofRun = callsIn(cwd).filter((line) => line.startsWith(`${runId}/`));
  return ofRun.filter((line) => node === undefined || line.split(' ')[1] === node).length;
}

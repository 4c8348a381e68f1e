import { readdirSync, readFileSync } from 'node:fs';

/** Clock ticks per second of proc_pid_stat(5), which Linux fixes at 100 for user space. */
const TICKS = 100;

/** Seconds of processor time that a process has taken so far, on all threads. */
export function cpuSecondsOf(pid: number): number {
  const { own } = read(pid);
  return own;
}

/** The same with all processes that it has started, also with those that are gone. */
export function cpuSecondsOfAll(pid: number): number {
  const { own, gone } = read(pid);
  return childrenOf(pid).reduce((sum, child) => sum + cpuSecondsOfAll(child), own + gone);
}

/** proc_pid_stat(5): fields 14 and 15 are its own time, 16 and 17 that of its children that have ended. */
function read(pid: number): { own: number; gone: number } {
  const fields = statOf(pid);
  const sum = (first: number): number => (Number(fields[first - 3]) + Number(fields[first - 2])) / TICKS;
  return { own: sum(14), gone: sum(16) };
}

function childrenOf(pid: number): number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.map(Number).filter((one) => parentOf(one) === pid);
}

function parentOf(pid: number): number | undefined {
  try {
    return Number(statOf(pid)[1]);
  } catch {
    // It has ended meanwhile.
    return undefined;
  }
}

/** The fields from the third on: the name, field 2, can hold spaces and brackets. */
function statOf(pid: number): string[] {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

import { partsOf } from './json.js';
import { createPacer, finishSteps, type Steps } from './steps.js';

/** What a parsed document holds that is refused. */
export interface JsonScan {
  /** Arrays and objects nested deeper than the limit. What is deeper was not looked at. */
  readonly isTooDeep: boolean;
  /** A key `__proto__`, or `prototype` in `constructor`: whoever copies it carelessly changes what all objects inherit. */
  readonly isPoisoned: boolean;
  /** A number that is none: `JSON.parse` reads `1e400` as Infinity. */
  readonly hasInfinity: boolean;
}

interface Scan {
  isPoisoned: boolean;
  hasInfinity: boolean;
  /** The arrays and objects of the level below. */
  next: object[];
  readonly isDue: () => boolean;
}

/** Looks for what is refused in any parsed document, in steps. Never recurses. */
export function* scanJson(value: unknown, limit: number): Steps<JsonScan> {
  const scan: Scan = { isPoisoned: false, hasInfinity: false, next: [], isDue: createPacer() };
  scanValue(value, scan);
  for (let depth = 0; scan.next.length > 0; depth++) {
    if (depth >= limit) return resultOf(scan, true);
    const level = scan.next;
    scan.next = [];
    for (const parent of level) yield* scanParts(parent, scan);
  }
  return resultOf(scan, false);
}

/** True when arrays and objects are nested deeper than `limit`. Never recurses, so it is safe for any parsed body. */
export function isDeeperThan(value: unknown, limit: number): boolean {
  return finishSteps(scanJson(value, limit)).isTooDeep;
}

function* scanParts(parent: object, scan: Scan): Steps<void> {
  scan.isPoisoned ||= !Array.isArray(parent) && isPoison(parent);
  for (const part of partsOf(parent)) {
    scanValue(part, scan);
    if (scan.isDue()) yield;
  }
  if (scan.isDue()) yield;
}

function scanValue(value: unknown, scan: Scan): void {
  if (typeof value === 'number') scan.hasInfinity ||= !Number.isFinite(value);
  else if (typeof value === 'object' && value !== null) scan.next.push(value);
}

function isPoison(parent: object): boolean {
  if (Object.hasOwn(parent, '__proto__')) return true;
  const made: unknown = Object.hasOwn(parent, 'constructor') ? parent.constructor : undefined;
  return typeof made === 'object' && made !== null && Object.hasOwn(made, 'prototype');
}

function resultOf({ isPoisoned, hasInfinity }: Scan, isTooDeep: boolean): JsonScan {
  return { isTooDeep, isPoisoned, hasInfinity };
}

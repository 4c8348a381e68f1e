import { isPlainObject } from './json.js';

/** True for values of a type. Some 20 ns; a schema of zod takes as long as parsing the JSON. */
export type Check<T> = (value: unknown) => value is T;

/** A check for each field of an object. Other fields are not looked at. */
export type Fields<T> = {
  readonly [K in keyof T]-?: object extends Pick<T, K> ? Check<T[K] | undefined> : Check<T[K]>;
};

export const isText: Check<string> = (value) => typeof value === 'string';
export const isFlag: Check<boolean> = (value) => typeof value === 'boolean';
export const isNumber: Check<number> = (value): value is number => Number.isFinite(value);
/** The furthest moment that a Date can be, in milliseconds since 1970. */
export const MAX_MOMENT = 8.64e15;
/** A moment in milliseconds since 1970. */
export const isMoment: Check<number> = (value): value is number => isNumber(value) && Math.abs(value) <= MAX_MOMENT;
/** A whole number from 0 up. */
export const isCount: Check<number> = (value): value is number => Number.isSafeInteger(value) && Number(value) >= 0;

export function orNull<T>(check: Check<T>): Check<T | null> {
  return (value): value is T | null => value === null || check(value);
}

export function optional<T>(check: Check<T>): Check<T | undefined> {
  return (value): value is T | undefined => value === undefined || check(value);
}

export function isListOf<T>(check: Check<T>): Check<readonly T[]> {
  return (value): value is readonly T[] => Array.isArray(value) && value.every(check);
}

/** One of some texts: the keys of an object, so that the compiler says which are missing. */
export function isOneOf<T extends string>(names: Readonly<Record<T, unknown>>): Check<T> {
  return (value): value is T => typeof value === 'string' && Object.hasOwn(names, value);
}

export function isRecordOf<T>(check: Check<T>): Check<Readonly<Record<string, T>>> {
  return (value): value is Readonly<Record<string, T>> => isPlainObject(value) && Object.values(value).every(check);
}

/** An object with these fields. */
export function hasFields<T extends object>(fields: Fields<T>): Check<T> {
  const form = new Form(fields);
  return (value): value is T => isPlainObject(value) && form.findMisfit(value) === undefined;
}

/** The checks of an object, in a list, which is gone through twice as fast as their object. */
export class Form<T> {
  readonly #checks: readonly (readonly [name: string, check: Check<unknown>])[];

  constructor(fields: Fields<T>) {
    this.#checks = Object.entries(fields);
  }

  /** The name of a field that there is no check for, if there is one. */
  findUnknown(value: Readonly<Record<string, unknown>>): string | undefined {
    const known = new Set(this.#checks.map(([name]) => name));
    return Object.keys(value).find((name) => !known.has(name));
  }

  /** The name of a field that does not pass its check, if there is one. */
  findMisfit(value: Readonly<Record<string, unknown>>): string | undefined {
    for (const [name, check] of this.#checks) if (!check(value[name])) return name;
    return undefined;
  }
}

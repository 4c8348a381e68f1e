import { Beginnings } from './beginnings.js';

/** One way in which a secret can be written, and what is shown in its place. */
export interface Hidden {
  readonly form: string;
  readonly label: string;
}

/** Tools cut what they quote, and end it with this: a secret cut there is hidden if this much of it is left. */
export const CUT = '…';
export const SHORTEST_PART = 4;

interface Place {
  readonly start: number;
  readonly end: number;
  readonly label: string;
}

/**
 * Hides secrets in text that comes in pieces, wherever the pieces begin and end. What can be the beginning of a secret is
 * held back until more has come: fewer characters than the longest secret has. Half of a character is held back too.
 */
export class MaskedStream {
  /** What has come and was not let out. */
  #held = '';
  /** How much of the beginning of that belongs to a secret whose label is out. */
  #covered = 0;
  readonly #hidden: readonly (Hidden & { readonly beginnings: Beginnings })[];

  constructor(hidden: readonly Hidden[]) {
    this.#hidden = hidden.map((each) => ({ ...each, beginnings: new Beginnings(each.form) }));
  }

  /** Takes a piece in; returns what can be shown by now. */
  push(text: string): string {
    const whole = this.#held + text;
    return this.#release(whole, Math.min(this.#startOfSecret(whole), startOfHalf(whole)));
  }

  /** Returns what is left when no more comes. */
  end(): string {
    return this.#release(this.#held, this.#held.length);
  }

  #release(whole: string, until: number): string {
    const shown: string[] = [];
    let at = Math.min(this.#covered, until);
    let coveredTo = this.#covered;
    for (const { start, end, label } of this.#placesIn(whole)) {
      // What begins behind this can still become part of a longer one.
      if (start >= until) break;
      if (start >= coveredTo) shown.push(whole.slice(at, start), label);
      coveredTo = Math.max(coveredTo, end);
      at = Math.min(coveredTo, until);
    }
    shown.push(whole.slice(at, until));
    this.#held = whole.slice(until);
    this.#covered = Math.max(0, coveredTo - until);
    return shown.join('');
  }

  /** Where secrets stand in a text, in order; of those that begin at one place, the longest first. */
  #placesIn(text: string): Place[] {
    const places: Place[] = [];
    for (const { form, label } of this.#hidden) {
      for (const start of placesOf(form, text)) places.push({ start, end: start + form.length, label });
    }
    const cuts = placesOf(CUT, text);
    for (const { form, label, beginnings } of this.#hidden) {
      const shortest = Math.max(1, Math.min(SHORTEST_PART, form.length - 1));
      beginnings.lengthsBefore(text, cuts).forEach((length, index) => {
        const end = cuts[index] as number;
        if (length >= shortest) places.push({ start: end - length, end, label });
      });
    }
    return places.sort((a, b) => a.start - b.start || b.end - a.end);
  }

  /** Where the longest end of a text stands that can be the beginning of a secret. */
  #startOfSecret(text: string): number {
    const lengths = this.#hidden.flatMap(({ beginnings }) => beginnings.lengthsBefore(text, [text.length]));
    return text.length - Math.max(0, ...lengths);
  }
}

/** Where a part begins in a text, also within itself. */
function placesOf(part: string, text: string): number[] {
  const places: number[] = [];
  for (let at = text.indexOf(part); at !== -1; at = text.indexOf(part, at + 1)) places.push(at);
  return places;
}

/** Where the first half of a surrogate pair stands that ends a text; its length if there is none. */
function startOfHalf(text: string): number {
  return /[\ud800-\udbff]$/.test(text) ? text.length - 1 : text.length;
}

/**
 * Finds how much of the beginning of a form texts end with (Knuth, Morris and Pratt). Takes time for the length of the form
 * and that of a text, not for their product: tools can send any text, and the forms of a long secret have thousands of
 * beginnings.
 */
export class Beginnings {
  /** For each length of a beginning of the form, the length of the longest shorter one that it ends with. */
  readonly #shorter: Uint32Array;

  /** @param form not empty */
  constructor(private readonly form: string) {
    this.#shorter = new Uint32Array(form.length + 1);
    let length = 0;
    for (let at = 1; at < form.length; at += 1) {
      length = this.#lengthWith(length, form.charCodeAt(at));
      this.#shorter[at + 1] = length;
    }
  }

  /**
   * For each place in a text, how much of the beginning of the form, but not all of it, stands just before.
   * @param ends the places, in order
   */
  lengthsBefore(text: string, ends: readonly number[]): number[] {
    let length = 0;
    let at = 0;
    return ends.map((end) => {
      // What stands further ahead cannot belong to a beginning that ends here.
      const from = end - (this.form.length - 1);
      if (from > at) {
        at = from;
        length = 0;
      }
      for (; at < end; at += 1) {
        length = this.#lengthWith(length, text.charCodeAt(at));
        if (length === this.form.length) length = this.#shorterThan(length);
      }
      return length;
    });
  }

  /** How much of the beginning a text ends with that ended with so much of it, and goes on with this. */
  #lengthWith(before: number, code: number): number {
    let length = before;
    while (length > 0 && this.form.charCodeAt(length) !== code) length = this.#shorterThan(length);
    return this.form.charCodeAt(length) === code ? length + 1 : 0;
  }

  #shorterThan(length: number): number {
    return this.#shorter[length] as number;
  }
}

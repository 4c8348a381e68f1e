/** A name in a definition. */
export interface PlacedName {
  readonly name: string;
  /** Where it stands: a JSON Pointer (RFC 6901) into the definition. */
  readonly pointer: string;
}

/** An expression in a definition. */
export interface PlacedExpression {
  /** Of the string that holds it. */
  readonly pointer: string;
  /** The whole string, as it is written. */
  readonly text: string;
  /** The expression in the string; undefined if the string is not one `${ expression }` although it must be. */
  readonly source: string | undefined;
  /** The offset of the expression in the string. */
  readonly start: number;
  /** What its value must be. */
  readonly result: 'boolean' | 'list';
  /** It chooses by an error, which it can read. */
  readonly readsError: boolean;
}

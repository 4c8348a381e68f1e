/** Checks of values from files: nobody has checked those before they come to the page. */

export type Fields = Readonly<Record<string, unknown>>;

export function isRecord(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isText(value: unknown): value is string {
  return typeof value === 'string';
}

export function isTextOrNull(value: unknown): value is string | null {
  return value === null || isText(value);
}

export function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

export function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every(isText);
}

export function isNumbers(value: unknown): value is number[] {
  return Array.isArray(value) && value.every(isNumber);
}

/** A moment as text, such as RFC 3339. */
export function isTime(value: unknown): value is string {
  return isText(value) && !Number.isNaN(Date.parse(value));
}

type Guard = (value: unknown) => value is unknown;
type Guarded<G> = G extends (value: unknown) => value is infer T ? T : never;

/** The fields that a table of checks lets through. */
export type Checked<Table> = { readonly [K in keyof Table]?: Guarded<Table[K]> };

/** Takes from a value the fields of a table that have the right form. The others are omitted. */
export function pickChecked<Table extends Readonly<Record<string, Guard>>>(
  value: Fields,
  table: Table,
): Checked<Table> {
  const picked = Object.entries(table).flatMap(([key, guard]) =>
    guard(value[key]) ? [[key, value[key]] as const] : [],
  );
  return Object.fromEntries(picked) as Checked<Table>;
}

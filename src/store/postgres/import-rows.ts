import { type Session, send } from './connection.js';

/** Characters of JSON in one statement, about. */
const STATEMENT_SIZE = 4_194_304;
const STATEMENT_ROWS = 5000;

/** What a table takes: the columns of its rows, each with its type, in the order of `text`. */
export interface Table<Row> {
  readonly name: string;
  readonly columns: readonly (readonly [name: string, type: string, value: (row: Row) => unknown])[];
  /** Which rows are the same. */
  readonly key: string;
}

/** Stores rows, as many as there are, some thousands with each statement. Those that are there stay as they are. */
export async function insertAll<Row extends object>(
  session: Session,
  table: Table<Row>,
  rows: Iterable<Row>,
): Promise<void> {
  const { name, columns, key } = table;
  const names = columns.map(([column]) => column).join(', ');
  const given = columns.map(([, type], index) => `$${index + 1}::${type}[]`).join(', ');
  const onConflict = key === '' ? '' : ` ON CONFLICT (${key}) DO NOTHING`;
  const text = `INSERT INTO ${name} (${names}) SELECT * FROM unnest(${given})${onConflict}`;
  for (const chunk of chunksOf(rows)) {
    await send(session, { text, values: columns.map(([, , value]) => chunk.map(value)) });
  }
}

/** Rows for one statement each. */
function* chunksOf<Row extends object>(rows: Iterable<Row>): Generator<Row[]> {
  let chunk: Row[] = [];
  let size = 0;
  for (const row of rows) {
    chunk.push(row);
    for (const value of Object.values(row)) if (typeof value === 'string') size += value.length;
    if (chunk.length < STATEMENT_ROWS && size < STATEMENT_SIZE) continue;
    yield chunk;
    [chunk, size] = [[], 0];
  }
  if (chunk.length > 0) yield chunk;
}

import type Database from 'better-sqlite3';
import { is, Param, Placeholder, type Query } from 'drizzle-orm';

/** A statement that writes, with a value for each of its placeholders. */
export interface WriteStatement {
  run(values: Readonly<Record<string, unknown>>): Database.RunResult;
}

/**
 * Prepares a statement that Drizzle has built. Drizzle looks through all params at each call to find the placeholders;
 * here they are found once, because every step of every run is written by such statements.
 */
export function prepareWrite(sqlite: Database.Database, query: { toSQL(): Query }): WriteStatement {
  const { sql, params } = query.toSQL();
  const statement = sqlite.prepare(sql);
  const readers = params.map(readerOf);
  return {
    run(values) {
      const given: unknown[] = new Array(readers.length);
      for (let index = 0; index < readers.length; index++) given[index] = readers[index]?.(values);
      return statement.run(given);
    },
  };
}

function readerOf(param: unknown): (values: Readonly<Record<string, unknown>>) => unknown {
  if (is(param, Placeholder)) {
    const { name } = param;
    return (values) => values[name];
  }
  if (is(param, Param) && is(param.value, Placeholder)) {
    const { name } = param.value;
    const { encoder } = param;
    return (values) => encoder.mapToDriverValue(values[name]);
  }
  return () => param;
}

import Database from 'better-sqlite3';

/** Changes a database that no server has open: `@run` stands for the id of a run. */
export function damage(path: string, runId: string, ...statements: readonly string[]): void {
  const sqlite = new Database(path);
  for (const statement of statements) sqlite.prepare(statement).run({ run: runId });
  sqlite.close();
}

/** What a query of one number says, in which `@run` stands for the id of a run. */
export function countRows(path: string, query: string, runId: string): unknown {
  const sqlite = new Database(path, { readonly: true });
  const count = sqlite.prepare(query).pluck().get({ run: runId });
  sqlite.close();
  return count;
}

/** Ways in which the journal of a run can be unreadable, which has a completed step as its third record. */
export const DAMAGES: Readonly<Record<string, string>> = {
  'a record that is not JSON': `UPDATE run_events SET payload = '{"step":1,' WHERE run_id = @run AND seq = 3`,
  'a record that is no object': `UPDATE run_events SET payload = '[]' WHERE run_id = @run AND seq = 3`,
  'a record of a type that is unknown': `UPDATE run_events SET type = 'run.moved' WHERE run_id = @run AND seq = 3`,
  'a record without a field': `UPDATE run_events SET payload = json_remove(payload, '$.node') WHERE run_id = @run AND seq = 3`,
  'a record with a field of another kind': `UPDATE run_events SET payload = json_set(payload, '$.patch', 'none') WHERE run_id = @run AND seq = 3`,
  'a first record that is another': `UPDATE run_events SET type = 'run.drained', payload = '{}' WHERE run_id = @run AND seq = 1`,
  'no first record': `DELETE FROM run_events WHERE run_id = @run AND seq = 1`,
  'a record that is missing': `DELETE FROM run_events WHERE run_id = @run AND seq = 3`,
  'no journal': `DELETE FROM run_events WHERE run_id = @run`,
};

import { type Session, send } from './connection.js';

/** What pg-boss sends its statements to. */
export interface Statements {
  // biome-ignore lint/suspicious/noExplicitAny: as pg-boss has it; it knows the columns of what it asks for.
  executeSql(text: string, values?: unknown[]): Promise<{ rows: any[] }>;
}

/** Names of statements, by their texts. Those of pg-boss with values are few. */
const names = new Map<string, string>();

/**
 * Sends the statements of pg-boss to a session, which can be a transaction. Those with values are planned once for each
 * connection, because their plans take longer than what they do.
 */
export function statementsOn(session: Session): Statements {
  return {
    executeSql: (text, values = []) =>
      send(session, values.length === 0 ? { text } : { name: nameOf(text), text, values }),
  };
}

function nameOf(text: string): string {
  const name = names.get(text) ?? `job_${names.size}`;
  names.set(text, name);
  return name;
}

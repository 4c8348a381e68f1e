import { type Session, send } from './connection.js';

/** What pg-boss sends its statements to. */
export interface Statements {
  // biome-ignore lint/suspicious/noExplicitAny: as pg-boss has it; it knows the columns of what it asks for.
  executeSql(text: string, values?: unknown[]): Promise<{ rows: any[] }>;
}

/** Sends the statements of pg-boss to a session, which can be a transaction. */
export function statementsOn(session: Session): Statements {
  return {
    executeSql: (text, values) => send(session, values === undefined ? { text } : { text, values }),
  };
}

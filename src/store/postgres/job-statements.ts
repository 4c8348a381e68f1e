import { type Session, send } from './connection.js';

/** What pg-boss sends its statements to. */
export interface Statements {
  // biome-ignore lint/suspicious/noExplicitAny: as pg-boss has it; it knows the columns of what it asks for.
  executeSql(text: string, values?: unknown[]): Promise<{ rows: any[] }>;
}

/** Names of statements, by their texts. Those of pg-boss are few. */
const names = new Map<string, string>();
/** More are not named: then there is one whose text changes. */
const MAX_NAMES = 200;

/**
 * Sends the statements of pg-boss to a session, which can be a transaction. They are planned once for each connection,
 * because their plans take longer than what they do; several in one text cannot be.
 */
export function statementsOn(session: Session, onSuccess?: () => void): Statements {
  return {
    executeSql: async (text, values = []) => {
      const name = /;\s*\S/.test(text) ? undefined : nameOf(text);
      const result = await send(session, name === undefined ? { text, values } : { name, text, values });
      onSuccess?.();
      return result;
    },
  };
}

function nameOf(text: string): string | undefined {
  const known = names.get(text);
  if (known !== undefined || names.size === MAX_NAMES) return known;
  const name = `job_${names.size}`;
  names.set(text, name);
  return name;
}

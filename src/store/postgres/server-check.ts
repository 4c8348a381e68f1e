import { OpenDatabaseError } from '../errors.js';
import { type Session, send } from './connection.js';

/** The oldest version that works, as `server_version_num` has it. */
const OLDEST_VERSION = 140_000;

/** What a server says of itself, for this session. */
export interface ServerFacts {
  readonly version: number;
  readonly encoding: string;
  readonly fsync: string;
  readonly fullPageWrites: string;
  readonly synchronousCommit: string;
  readonly isStandby: boolean;
  /** Where tables are made; null if none of the schemas in the search path is there. */
  readonly schema: string | null;
  readonly mayCreate: boolean;
  readonly user: string;
}

/** Asks a server what it is like. */
export async function readFacts(session: Session): Promise<ServerFacts> {
  const { rows } = await send<{ [Name in keyof ServerFacts]: ServerFacts[Name] }>(session, {
    text: `SELECT current_setting('server_version_num')::integer AS version,
      current_setting('server_encoding') AS encoding,
      current_setting('fsync') AS fsync,
      current_setting('full_page_writes') AS "fullPageWrites",
      current_setting('synchronous_commit') AS "synchronousCommit",
      pg_is_in_recovery() AS "isStandby",
      current_schema() AS schema,
      coalesce(has_schema_privilege(current_schema(), 'CREATE'), false)
        AND has_database_privilege(current_database(), 'CREATE') AS "mayCreate",
      current_user AS "user"`,
  });
  const [facts] = rows;
  if (facts === undefined) throw new Error('The server says nothing of itself.');
  return facts;
}

/**
 * Checks that commits on a server are safe, and text is kept as it is.
 * @param database how messages call it
 * @throws OpenDatabaseError that says what to do
 */
export function checkServer(database: string, facts: ServerFacts): asserts facts is ServerFacts & { schema: string } {
  const reason = refusalOf(facts);
  if (reason !== undefined) throw new OpenDatabaseError(`${database} cannot be used: ${reason}`);
}

function refusalOf(facts: ServerFacts): string | undefined {
  if (facts.version < OLDEST_VERSION) {
    return `it is PostgreSQL ${Math.floor(facts.version / 10_000)}, and 14 is the oldest that works. Upgrade it.`;
  }
  if (facts.isStandby) return 'it is a standby, which is read only. Give the address of the primary in DATABASE_URL.';
  if (facts.encoding !== 'UTF8') {
    return `its encoding is ${facts.encoding}. Give a database that was made with ENCODING 'UTF8'.`;
  }
  if (facts.fsync === 'off') return lossy('fsync', 'a power cut damages it');
  if (facts.fullPageWrites === 'off') return lossy('full_page_writes', 'a power cut can damage it');
  if (facts.synchronousCommit === 'off') {
    return `${lossy('synchronous_commit', 'a crash of it loses commits')} It can be set for the server, the database or the user.`;
  }
  if (facts.schema === null) {
    return 'its search path names no schema that is there. Make one (CREATE SCHEMA), or correct the search path in DATABASE_URL.';
  }
  return undefined;
}

function lossy(setting: string, consequence: string): string {
  return `${setting} is off, so that ${consequence}. Set it to on.`;
}

/**
 * Checks that a session keeps its connection to the server: what is set on it, and prepared, has to stay.
 * @param sessions two at the same time
 * @throws OpenDatabaseError if a pooler gives the connection to others after each transaction
 */
export async function checkSessions(database: string, sessions: readonly [Session, Session]): Promise<void> {
  const [one, other] = sessions;
  const home = await processOf(one);
  for (let round = 0; round < SESSION_ROUNDS; round++) {
    const away = await processOf(other);
    const again = await processOf(one);
    if (home === away || home !== again) {
      throw new OpenDatabaseError(
        `${database} cannot be used: a pooler in transaction mode stands before it. Set the pooler to session mode, or give the address of the server itself in DATABASE_URL.`,
      );
    }
  }
}

/** A busy pooler may give a session the same connection several times. */
const SESSION_ROUNDS = 5;

async function processOf(session: Session): Promise<number | undefined> {
  const { rows } = await send<{ pid: number }>(session, { text: 'SELECT pg_backend_pid() AS pid' });
  return rows[0]?.pid;
}

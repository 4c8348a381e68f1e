/** True for the URL of a Postgres database, by its scheme. */
export function isPostgresUrl(text: string): boolean {
  return /^postgres(ql)?:/i.test(text);
}

/** Posts a body as JSON. */
export async function post(url: string, body: unknown, headers = {}): Promise<Response> {
  const json = { 'content-type': 'application/json', ...headers };
  return fetch(url, { method: 'POST', headers: json, body: JSON.stringify(body) });
}

/** The body of an answer. */
export async function json<T>(answer: Promise<Response>): Promise<T> {
  return (await (await answer).json()) as T;
}

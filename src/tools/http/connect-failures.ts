const connectFailures = new WeakSet<object>();

/** Remembers that an error came before a connection was there. */
export function markConnectFailure(error: Error): void {
  connectFailures.add(error);
}

/** True for an error that came before a connection was there, so that nothing of the request was sent. */
export function failedToConnect(error: unknown): boolean {
  return typeof error === 'object' && error !== null && connectFailures.has(error);
}

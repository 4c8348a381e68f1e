import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { PROBLEM_TYPE, problemDocument } from './problem.js';

/** Statuses for the errors of node's HTTP parser; all others are a plain 400. */
const STATUSES: Readonly<Record<string, { status: number; detail: string }>> = {
  HPE_HEADER_OVERFLOW: { status: 431, detail: 'The request line and headers are larger than the server takes.' },
  ERR_HTTP_REQUEST_TIMEOUT: { status: 408, detail: 'The request did not arrive in time.' },
};

/**
 * Answers on the bare socket, since there is no request: what arrived is not HTTP, or is too large to be read.
 * @see https://nodejs.org/api/http.html#event-clienterror
 */
export function answerClientError(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  if (socket.writable) {
    const found = STATUSES[error.code ?? ''] ?? { status: 400, detail: 'The request is not HTTP/1.1.' };
    const body = JSON.stringify({ ...problemDocument('request_refused', '', found.detail), status: found.status });
    socket.write(
      [
        `HTTP/1.1 ${found.status} ${STATUS_CODES[found.status] ?? ''}`,
        `Content-Type: ${PROBLEM_TYPE}; charset=utf-8`,
        `Content-Length: ${Buffer.byteLength(body)}`,
        'X-Content-Type-Options: nosniff',
        'Connection: close',
        '',
        body,
      ].join('\r\n'),
    );
  }
  socket.destroySoon();
}

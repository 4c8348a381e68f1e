import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { PROBLEM_TYPE, problemDocument } from './problem.js';

/** Why a request does not come as far as the routes. */
interface Refusal {
  readonly status: number;
  readonly detail: string;
}

/** Statuses for the errors of node's HTTP parser; all others are a plain 400. */
const STATUSES: Readonly<Record<string, Refusal>> = {
  HPE_HEADER_OVERFLOW: { status: 431, detail: 'The request line and headers are larger than the server takes.' },
  ERR_HTTP_REQUEST_TIMEOUT: { status: 408, detail: 'The request did not arrive in time.' },
};

const NOT_HTTP: Refusal = { status: 400, detail: 'The request is not HTTP/1.1.' };
const NO_TUNNEL: Refusal = { status: 400, detail: 'CONNECT asks for a tunnel, and this server is not a proxy.' };
/** RFC 9110, section 10.1.1. */
const UNKNOWN_EXPECTATION: Refusal = {
  status: 417,
  detail: 'The only expectation that this server meets is 100-continue.',
};

/**
 * Answers on the bare socket, since there is no request: what arrived is not HTTP, or is too large to be read.
 * @see https://nodejs.org/api/http.html#event-clienterror
 */
export function answerClientError(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  refuse(socket, STATUSES[error.code ?? ''] ?? NOT_HTTP);
}

/** Answers requests that node would answer itself, without a document. They come as far as no hook and no route. */
export function answerOddRequests(server: Server): void {
  server.on('checkExpectation', ({ socket }: IncomingMessage, response: ServerResponse) => {
    // So that the socket is not written to by both.
    response.detachSocket(socket);
    refuse(socket, UNKNOWN_EXPECTATION);
  });
  server.on('connect', (_request: IncomingMessage, socket: Socket) => refuse(socket, NO_TUNNEL));
}

function refuse(socket: Socket, { status, detail }: Refusal): void {
  if (socket.writable) {
    const body = JSON.stringify({ ...problemDocument('request_refused', '', detail), status });
    socket.write(
      [
        `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
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

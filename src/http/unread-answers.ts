import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** A client that reads nothing of its answer for so long is dropped. */
const UNREAD_MS = 60_000;
/** How long clients have to read the rest of their answers when the server stops. */
const STOP_MS = 2000;

export interface UnreadOptions {
  /** Milliseconds; 60 seconds if it is omitted. */
  readonly unreadMs?: number;
}

/**
 * Drops clients that do not read: they would hold their answers for ever. Whoever reads, however slowly, and whoever
 * waits for an answer, is left alone.
 * @returns a function that makes a server that stops drop what is still unread soon
 */
export function dropUnread(server: Server, { unreadMs = UNREAD_MS }: UnreadOptions = {}): () => void {
  const sockets = new Set<Socket>();
  /** The latest answer on each connection. */
  const answers = new WeakMap<Socket, ServerResponse>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.on('request', (request, response) => answers.set(request.socket, response));
  // Node's timer starts anew whenever something is read or written, also in the middle of a long write. With a listener,
  // node leaves it to that to end the connections that are kept for another request, too.
  server.setTimeout(unreadMs, (socket) => {
    const answer = answers.get(socket);
    const isAnswered = answer?.writableFinished === true;
    if (isAnswered || isUnread(socket)) socket.destroy();
  });
  return () => {
    const timer = setInterval(() => {
      for (const socket of sockets) if (isUnread(socket)) socket.destroy();
    }, STOP_MS);
    server.once('close', () => clearInterval(timer));
  };
}

function isUnread(socket: Socket): boolean {
  return socket.writableLength > 0;
}

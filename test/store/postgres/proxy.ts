import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** Stands between a program and a Postgres, and can cut the connections. */
export interface Proxy {
  readonly url: string;
  /** Ends all connections, and takes no new ones. */
  cut(): void;
  /** Passes nothing on any more, as if packets were dropped. */
  stall(): void;
  mend(): void;
  close(): Promise<void>;
}

/** @param url of the database */
export async function proxyTo(url: string): Promise<Proxy> {
  const target = new URL(url);
  const sockets = new Set<Socket>();
  let isCut = false;
  let isStalled = false;
  const server = createServer((socket) => {
    if (isCut) {
      socket.destroy();
      return;
    }
    const upstream = connect(Number(target.port), target.hostname);
    for (const [from, to] of [[socket, upstream] as const, [upstream, socket] as const]) {
      sockets.add(from);
      from.on('error', () => undefined);
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
      if (!isStalled) from.pipe(to);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const own = new URL(url);
  own.port = String((server.address() as AddressInfo).port);
  const destroyAll = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: own.href,
    cut() {
      isCut = true;
      destroyAll();
    },
    stall() {
      for (const socket of sockets) socket.unpipe();
      isStalled = true;
    },
    mend() {
      isCut = false;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        destroyAll();
      }),
  };
}
